import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { priorities } from '../../../../common/log/log.js';
import { Transfer, type TransferEvent } from '../../../../service/transfers/transfer.js';
import { someResult, someSubject } from './samples.js';

/** A transfer on a clock that the test moves, in milliseconds. */
function onClock() {
  const clock = { now: 1_000_000 };
  const transfer = new Transfer({ ...someSubject, id: 7 }, () => clock.now);
  return { clock, transfer };
}

test('a new transfer is queued, knows nothing, and has not ended', () => {
  const { transfer } = onClock();
  assert.deepEqual(transfer.progress, {
    phase: 'queued',
    bytesDone: 0,
    bytesTotal: undefined,
    bytesPerSecond: undefined,
    secondsLeft: undefined,
    secondsStalled: undefined,
    layers: undefined,
  });
  assert.equal(transfer.ended, false);
});

test('the rate is what was moved over the time it took, and the time left follows from it', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  transfer.advance(0, 10_000);
  assert.equal(transfer.progress.bytesPerSecond, undefined);
  clock.now += 1000;
  transfer.advance(1000, 10_000);
  assert.equal(transfer.progress.bytesPerSecond, 1000);
  assert.equal(transfer.progress.secondsLeft, 9);
});

test('half a second has to pass before a rate is believed', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 499;
  transfer.advance(5000, 10_000);
  assert.equal(transfer.progress.bytesPerSecond, undefined);
  assert.equal(transfer.progress.secondsLeft, undefined);
  clock.now += 1;
  transfer.advance(5000, 10_000);
  assert.equal(transfer.progress.bytesPerSecond, 10_000);
});

test('the rate is smoothed: a sudden change counts by how long it has lasted', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 1000;
  transfer.advance(1000, undefined);
  clock.now += 1000;
  transfer.advance(4000, undefined);
  // Half of the window of two seconds: halfway from 1000 to 3000.
  assert.equal(transfer.progress.bytesPerSecond, 2000);
  clock.now += 5000;
  transfer.advance(4500, undefined);
  assert.equal(transfer.progress.bytesPerSecond, 100);
});

test('without a total there is a rate but no time left', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 1000;
  transfer.advance(500, undefined);
  assert.equal(transfer.progress.bytesPerSecond, 500);
  assert.equal(transfer.progress.secondsLeft, undefined);
});

test('a transfer that stands still has no time left to tell, and one that starts again has no negative rate', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 2000;
  transfer.advance(1000, 10_000);
  clock.now += 2000;
  transfer.advance(1000, 10_000);
  assert.equal(transfer.progress.bytesPerSecond, 0);
  assert.equal(transfer.progress.secondsLeft, undefined);
  clock.now += 2000;
  transfer.advance(0, 10_000);
  assert.equal(transfer.progress.bytesPerSecond, 0);
});

test('more bytes than were announced leave no negative time', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 2000;
  transfer.advance(4000, 2000);
  assert.equal(transfer.progress.secondsLeft, 0);
});

test('a new phase forgets rate and time left, and starts to measure anew', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 1000;
  transfer.advance(1000, 2000);
  transfer.enter('verifying');
  assert.equal(transfer.progress.bytesPerSecond, undefined);
  assert.equal(transfer.progress.secondsLeft, undefined);
  assert.equal(transfer.progress.bytesDone, 1000);
  clock.now += 60_000;
  transfer.enter('downloading');
  clock.now += 500;
  transfer.advance(1500, 2000);
  assert.equal(transfer.progress.bytesPerSecond, 1000);
});

test('entering the phase it is in changes and says nothing', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 1000;
  transfer.advance(1000, 2000);
  const events: TransferEvent[] = [];
  transfer.subscribe((event) => events.push(event));
  transfer.enter('downloading');
  assert.deepEqual(events, []);
  assert.equal(transfer.progress.bytesPerSecond, 1000);
});

test('the log keeps the last 200 lines', () => {
  const { transfer } = onClock();
  for (let line = 1; line <= 250; line += 1) transfer.say(priorities.info, `line ${line}`);
  assert.equal(transfer.log.length, 200);
  assert.equal(transfer.log[0]?.message, 'line 51');
  assert.equal(transfer.log.at(-1)?.message, 'line 250');
});

test('listeners hear everything in order until they leave', () => {
  const { transfer } = onClock();
  const heard: string[] = [];
  const subscription = transfer.subscribe((event) => {
    heard.push(event.type === 'log' ? event.line.message : `${event.type} ${transfer.progress.phase}`);
  });
  transfer.enter('starting');
  transfer.say(priorities.info, 'hello');
  transfer.succeed(someResult);
  assert.deepEqual(heard, ['progress starting', 'hello', 'progress finished', 'ended finished']);
  subscription[Symbol.dispose]();
  transfer.say(priorities.info, 'nobody hears this');
  assert.equal(heard.length, 4);
});

test('a listener that leaves while it is told does not keep others from hearing', () => {
  const { transfer } = onClock();
  const heard: string[] = [];
  const first = transfer.subscribe(() => {
    heard.push('first');
    first[Symbol.dispose]();
  });
  transfer.subscribe(() => heard.push('second'));
  transfer.say(priorities.info, 'x');
  transfer.say(priorities.info, 'y');
  assert.deepEqual(heard, ['first', 'second', 'second']);
});

const endings: [what: string, end: (transfer: Transfer) => void, phase: string][] = [
  ['success', (transfer) => transfer.succeed(someResult), 'finished'],
  ['failure', (transfer) => transfer.fail(new Failure('Corrupt', 'x', { what: 'x' })), 'failed'],
  ['cancellation', (transfer) => transfer.fail(new Failure('Cancelled', 'x', {})), 'cancelled'],
];
for (const [what, end, phase] of endings) {
  test(`after ${what} it is ${phase}, and no later phase changes that`, () => {
    const { transfer } = onClock();
    end(transfer);
    assert.equal(transfer.ended, true);
    assert.equal(transfer.progress.phase, phase);
    transfer.enter('installing');
    assert.equal(transfer.progress.phase, phase);
  });
}

test('of a transfer that gets nothing more, rate and time left are unknown, and for how long is told', () => {
  const { clock, transfer } = onClock();
  transfer.enter('downloading');
  clock.now += 1000;
  transfer.advance(1000, 10_000);
  clock.now += 4999;
  assert.deepEqual([transfer.progress.secondsStalled, transfer.progress.secondsLeft], [undefined, 9]);
  clock.now += 1;
  const { bytesPerSecond, secondsLeft, secondsStalled } = transfer.progress;
  assert.deepEqual([bytesPerSecond, secondsLeft, secondsStalled], [undefined, undefined, 5]);
  clock.now += 55_000;
  assert.equal(transfer.progress.secondsStalled, 60);
  transfer.advance(1001, 10_000);
  assert.equal(transfer.progress.secondsStalled, undefined);
  clock.now += 60_000;
  transfer.enter('verifying');
  assert.equal(transfer.progress.secondsStalled, undefined);
});

test('of the log of a transfer as much is kept as many transfers can have at once', () => {
  const { transfer } = onClock();
  for (let line = 0; line < 300; line++) transfer.say(priorities.info, String(line));
  assert.deepEqual([transfer.log.length, transfer.log[0]?.message], [200, '100']);
  for (let line = 0; line < 300; line++) transfer.say(priorities.info, 'x'.repeat(8000));
  assert.equal(transfer.log.length, 8);
});
