import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import { Failure } from '../../../../common/failure.js';
import { priorities } from '../../../../common/log/log.js';
import { type RelayForm, relay } from '../../../../service/api/relay.js';
import { Transfer } from '../../../../service/transfers/transfer.js';
import { someResult, someSubject } from '../transfers/samples.js';
import { FakeCall } from './fake-call.js';

type Reply = { phase: string; bytes: number } | { line: string; priority: number };

const form: RelayForm<Reply> = {
  progress: ({ phase, bytesDone }) => ({ phase, bytes: bytesDone }),
  log: ({ priority, message }) => ({ line: message, priority }),
};

/** A transfer and the relay of it to a caller. */
function start(change: (transfer: Transfer, call: FakeCall<Reply>) => void = () => {}) {
  const transfer = new Transfer({ ...someSubject, id: 1 });
  const call = new FakeCall<Reply>();
  change(transfer, call);
  const done = relay(call, transfer, form);
  const lines = () => call.replies.flatMap((reply) => ('line' in reply ? [reply.line] : []));
  const progress = () => call.replies.flatMap((reply) => ('phase' in reply ? [reply] : []));
  return { transfer, call, done, lines, progress };
}

test('a caller hears the log so far, then lines and phases in their order, then it is over', async () => {
  const { transfer, call, done } = start((early) => early.say(priorities.info, 'before'));
  transfer.enter('downloading');
  transfer.say(priorities.warning, 'during');
  await setImmediate();
  transfer.enter('installing');
  await setImmediate();
  transfer.succeed(someResult);
  assert.equal(await done, true);
  assert.deepEqual(call.replies, [
    { line: 'before', priority: 6 },
    { phase: 'queued', bytes: 0 },
    { line: 'during', priority: 4 },
    { phase: 'downloading', bytes: 0 },
    { phase: 'installing', bytes: 0 },
    { phase: 'finished', bytes: 0 },
  ]);
});

test('a caller of a transfer that has ended hears its log and its last state', async () => {
  const { call, done } = start((transfer) => {
    transfer.say(priorities.info, 'it was');
    transfer.fail(new Failure('Corrupt', 'x', { what: 'x' }));
  });
  assert.equal(await done, true);
  assert.deepEqual(call.replies, [
    { line: 'it was', priority: 6 },
    { phase: 'failed', bytes: 0 },
  ]);
});

test('progress that comes faster than ten times a second is merged, and nothing of it is lost', async () => {
  const { transfer, done, progress } = start();
  transfer.enter('downloading');
  await setImmediate();
  for (let bytes = 1; bytes <= 1000; bytes += 1) {
    transfer.advance(bytes, 1000);
    await setImmediate();
  }
  transfer.succeed(someResult);
  await done;
  assert.ok(progress().length < 20, `${progress().length} reports`);
  assert.deepEqual(progress().at(-1), { phase: 'finished', bytes: 1000 });
});

test('progress goes on to be reported after what was merged', async () => {
  const { transfer, done, progress } = start();
  transfer.enter('downloading');
  await setImmediate();
  transfer.advance(1, 9);
  await pause(120);
  transfer.advance(2, 9);
  await setImmediate();
  assert.deepEqual(progress().at(-1), { phase: 'downloading', bytes: 2 });
  transfer.succeed(someResult);
  await done;
});

test('a caller that does not read is sent no more until it does, and the transfer does not wait', async () => {
  const { transfer, call, done, lines, progress } = start((_transfer, slow) => {
    slow.isSlow = true;
  });
  transfer.enter('downloading');
  for (let line = 0; line < 500; line += 1) transfer.say(priorities.info, `line ${line}`);
  await setImmediate();
  const sent = call.replies.length;
  assert.equal(call.isAwaited, true);
  for (let bytes = 1; bytes <= 50; bytes += 1) transfer.advance(bytes, undefined);
  transfer.say(priorities.info, 'last');
  transfer.succeed(someResult);
  await setImmediate();
  assert.equal(call.replies.length, sent);
  assert.equal(transfer.ended, true);
  call.take();
  assert.equal(await done, true);
  assert.deepEqual(lines(), [...Array.from({ length: 500 }, (_, line) => `line ${line}`), 'last']);
  assert.deepEqual(progress().at(-1), { phase: 'finished', bytes: 50 });
});

test('log lines beyond 1 MiB are dropped for a caller that does not read, and counted', async () => {
  const { transfer, call, done, lines } = start((_transfer, slow) => {
    slow.isSlow = true;
  });
  await setImmediate();
  transfer.say(priorities.info, 'x'.repeat(1024 * 1024 - 10));
  transfer.say(priorities.info, 'y'.repeat(11));
  transfer.say(priorities.info, 'fits');
  transfer.say(priorities.info, 'z'.repeat(7));
  await setImmediate();
  call.take();
  await setImmediate();
  assert.deepEqual(
    lines().map((line) => line.slice(0, 99)),
    ['x'.repeat(99), 'fits', '2 lines were left out: they came faster than they were read'],
  );
  transfer.say(priorities.info, 'kept again');
  transfer.succeed(someResult);
  await setImmediate();
  call.take();
  await done;
  assert.equal(lines().at(-1), 'kept again');
  assert.equal(lines().filter((line) => line.includes('left out')).length, 1);
});

test('a caller that hangs up ends the relay, not the transfer', async () => {
  const { transfer, call, done } = start();
  await setImmediate();
  call.hangUp();
  assert.equal(await done, false);
  assert.equal(transfer.ended, false);
  const sent = call.replies.length;
  transfer.say(priorities.info, 'to nobody');
  await setImmediate();
  assert.equal(call.replies.length, sent);
});

test('a caller that hangs up without having read ends the relay too', async () => {
  const { transfer, call, done } = start((_transfer, slow) => {
    slow.isSlow = true;
  });
  await setImmediate();
  assert.equal(call.isAwaited, true);
  call.hangUp();
  await assert.rejects(done, /gone/);
  assert.equal(transfer.ended, false);
});

test('a caller that is gone before it begins is told nothing', async () => {
  const { call, done } = start((_transfer, gone) => gone.hangUp());
  assert.equal(await done, false);
  assert.deepEqual(call.replies, []);
});

test('nobody listens to a transfer any more when the relay has ended', async () => {
  let listeners = 0;
  const { transfer, call, done } = start((early) => {
    const subscribe = early.subscribe.bind(early);
    early.subscribe = (listener) => {
      listeners += 1;
      const subscription = subscribe(listener);
      return {
        [Symbol.dispose]: () => {
          listeners -= 1;
          subscription[Symbol.dispose]();
        },
      };
    };
  });
  assert.equal(listeners, 1);
  call.hangUp();
  await done;
  assert.equal(listeners, 0);
  transfer.succeed(someResult);
});
