import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type { PullReply, TransferHandlers } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../../varlink/error.js';
import type { ServerCall } from '../../../../varlink/server/server.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { continuesInBackground } from '../../../support/texts/client.js';
import { startFakeService } from '../support/fake-service.js';
import { type FakeOptions, fakeProcessContext } from '../support/process-context.js';

test('a service that ends in mid-call is noticed at once', async (t) => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const service = startFakeService(t, {
    transfer: {
      Pull: async (call) => {
        call.continues({ id: 7 });
        begin();
        await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      },
    },
  });
  const context = fakeProcessContext();
  const running = run([`--address=${service.address}`, '-q', 'pull-tar', 'http://h/x'], context);
  await begun;
  await service.kill();
  assert.equal(await running, 13);
  assert.equal(
    context.written.stderr,
    "Failed to pull the image: the service ended in the middle of it; see the journal ('journalctl --unit=ferry.service').\n",
  );
});

/** A transfer that goes on until it is cancelled. */
function endless(started: () => void) {
  let cancel: () => void = () => {};
  const cancelled: number[] = [];
  const work = async (call: ServerCall<unknown, PullReply>) => {
    const ended = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    call.continues({ id: 7 });
    call.continues({ progress: { phase: 'downloading', bytesDone: 1 } });
    started();
    await Promise.race([ended, new Promise((resolve) => call.closed.addEventListener('abort', resolve))]);
    throw new VarlinkError('io.ferry.Transfer.Cancelled', { message: 'cancelled' });
  };
  const handlers: Partial<TransferHandlers> = {
    Pull: work,
    Import: work,
    Export: work,
    Cancel: async (call) => {
      cancelled.push(Number(call.parameters.id));
      cancel();
      call.reply({});
    },
  };
  return { handlers, cancelled };
}

test('Ctrl-C before the service has said a number detaches all the same', async (t) => {
  const context = fakeProcessContext();
  const Pull: TransferHandlers['Pull'] = async (call) => {
    context.interrupt();
    await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
  };
  const service = startFakeService(t, { transfer: { Pull } });
  const address = `--address=${service.address}`;
  assert.equal(await run([address, 'pull-tar', 'http://h/x'], context), 18);
  assert.equal(
    context.written.stderr,
    `The transfer continues in the background, if it was accepted: see ferryctl ${address} list-transfers.\n`,
  );
});

test('Ctrl-C for the second time does not wait for the transfer to end', async (t) => {
  await using directory = temporaryDirectory(t);
  const context = fakeProcessContext();
  const service = startFakeService(t, {
    transfer: {
      Export: async (call) => {
        call.continues({ id: 7 });
        call.continues({ log: { priority: 6, message: 'exporting' } });
        await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      },
      Cancel: async (call) => {
        context.interrupt();
        await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      },
    },
  });
  const poll = setInterval(() => {
    if (!context.written.stderr.includes('exporting')) return;
    clearInterval(poll);
    context.interrupt();
  }, 1);
  const argv = [`--address=${service.address}`, 'export-tar', 'x', directory.file('x.tar')];
  assert.equal(await run(argv, context), 10);
  const [, , cancelling, last] = context.written.stderr.split('\n');
  assert.equal(cancelling, 'Cancelling transfer 7…');
  assert.equal(last, 'Interrupted before it was certain that the transfer ended.');
  assert.deepEqual(readdirSync(directory.path), []);
});

async function interrupted(t: TestContext, argv: string[], options: FakeOptions = {}) {
  const context = fakeProcessContext(options);
  const interruptSoon = () => {
    const poll = setInterval(() => {
      if (!context.written.stderr.includes('started')) return;
      clearInterval(poll);
      context.interrupt();
    }, 1);
  };
  const fake = endless(interruptSoon);
  const service = startFakeService(t, { transfer: fake.handlers });
  const status = await run([`--address=${service.address}`, ...argv], context);
  return {
    status,
    last: context.written.stderr.trimEnd().split('\n').at(-1),
    cancelled: fake.cancelled,
    address: service.address,
  };
}

test('Ctrl-C detaches from a pull and says how to cancel it', async (t) => {
  const { status, last, cancelled, address } = await interrupted(t, ['pull-tar', 'http://h/x']);
  assert.equal(status, 18);
  assert.equal(last, `${continuesInBackground(7)}: ferryctl --address=${address} cancel-transfer 7`);
  assert.deepEqual(cancelled, []);
});

test('Ctrl-C detaches from an import of a file', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('x.tar'), 'x');
  const { status, last, cancelled } = await interrupted(t, ['import-tar', directory.file('x.tar')]);
  assert.equal(status, 18);
  assert.match(last ?? '', /^Transfer 7 continues/);
  assert.deepEqual(cancelled, []);
});

test('Ctrl-C cancels an export, and the old file stays', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('x.tar'), 'old');
  const { status, last, cancelled } = await interrupted(t, ['export-tar', 'x', directory.file('x.tar')]);
  assert.equal(status, 10);
  assert.equal(last, 'Transfer 7 was cancelled.');
  assert.deepEqual(cancelled, [7]);
  assert.deepEqual(readdirSync(directory.path), ['x.tar']);
  assert.equal(readFileSync(directory.file('x.tar'), 'utf8'), 'old');
});
