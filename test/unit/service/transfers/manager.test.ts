import assert from 'node:assert/strict';
import { availableParallelism, freemem } from 'node:os';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Failure } from '../../../../common/failure.js';
import { Identifiers } from '../../../../service/transfers/identifiers.js';
import { TransferManager, type TransferWork, transferLimit } from '../../../../service/transfers/manager.js';
import type { Result, Transfer } from '../../../../service/transfers/transfer.js';
import { like } from '../../../support/like.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { makesImageAlready, noTransfer, serviceIsStopping, wasCancelled } from '../../../support/texts/transfers.js';
import { waitUntil } from '../../../support/wait.js';
import { isFailure, someResult, someSubject } from './samples.js';

/** A manager, with what it has told about changes and bugs. */
function startManager(t: TestContext) {
  const told = { changes: 0, bugs: [] as unknown[] };
  const manager = new TransferManager(
    new Identifiers(temporaryDirectory(t).file('last')),
    () => {
      told.changes += 1;
    },
    (error) => told.bugs.push(error),
  );
  return { manager, told };
}

/** Work that lasts until the test ends it, or until it is aborted and the test has let it clean up. */
class Held {
  begun = false;
  aborted: unknown = null;
  finish: () => void = () => {};
  fail: (error: unknown) => void = () => {};
  readonly #outcome = new Promise<Result>((resolve, reject) => {
    this.finish = () => resolve(someResult);
    this.fail = reject;
  });

  readonly work: TransferWork = ({ signal }) => {
    this.begun = true;
    signal.addEventListener('abort', () => {
      this.aborted = signal.reason;
    });
    return this.#outcome;
  };
}

/** As many as run at once here: the rest is queued. */
const runningMax = Math.max(2, Math.min(2 * availableParallelism(), Math.floor(freemem() / (200 * 1024 * 1024))));

function acceptNamed(manager: TransferManager, held: Held, name: string): Transfer {
  return manager.accept({ ...someSubject, local: name }, held.work);
}

async function ended(transfer: Transfer): Promise<void> {
  await waitUntil(() => transfer.ended, 0);
  // The manager forgets it a little later.
  await setImmediate();
}

test('a transfer begins, ends with its result, and stays readable', async (t) => {
  const { manager, told } = startManager(t);
  const held = new Held();
  const transfer = manager.accept(someSubject, held.work);
  assert.deepEqual(manager.active, [transfer]);
  await setImmediate();
  assert.equal(held.begun, true);
  held.finish();
  await ended(transfer);
  assert.equal(transfer.result, someResult);
  assert.deepEqual(manager.active, []);
  assert.equal(manager.find(transfer.subject.id), transfer);
  assert.ok(told.changes >= 2);
});

test('64 transfers are accepted, and the 65th is told so', async (t) => {
  const { manager } = startManager(t);
  const all = Array.from({ length: transferLimit }, () => new Held());
  all.forEach((held, index) => {
    acceptNamed(manager, held, `image${index}`);
  });
  assert.equal(transferLimit, 64);
  const more = () => acceptNamed(manager, new Held(), 'one more');
  assert.throws(
    more,
    isFailure(
      'TooManyTransfers',
      /^There are 64 transfers already, as many as are accepted; wait for one to end or cancel one$/,
    ),
  );
  await setImmediate();
  all[0]?.finish();
  await setImmediate();
  await setImmediate();
  more();
  assert.throws(() => acceptNamed(manager, new Held(), 'too many again'), isFailure('TooManyTransfers'));
  await cancelAll(manager, all);
});

async function cancelAll(manager: TransferManager, held: readonly Held[]): Promise<void> {
  const stopped = manager.stop();
  for (const each of held) each.finish();
  await stopped;
}

test('no more run than the machine can bear; the others wait in the order they came', async (t) => {
  const { manager } = startManager(t);
  const all = Array.from({ length: runningMax + 2 }, () => new Held());
  const transfers = all.map((held, index) => acceptNamed(manager, held, `image${index}`));
  await setImmediate();
  const begun = () => all.map((held) => held.begun);
  assert.deepEqual(begun(), [...Array(runningMax).fill(true), false, false]);
  assert.equal(transfers.at(-1)?.progress.phase, 'queued');
  all[0]?.finish();
  await setImmediate();
  await setImmediate();
  assert.deepEqual(begun(), [...Array(runningMax + 1).fill(true), false]);
  await cancelAll(manager, all);
});

test('two transfers cannot make one image', async (t) => {
  const { manager } = startManager(t);
  const held = new Held();
  const first = manager.accept(someSubject, held.work);
  const again = (changes: object) => () => manager.accept({ ...someSubject, ...changes }, new Held().work);
  const { id } = first.subject;
  assert.throws(again({}), isFailure('TransferInProgress', new RegExp(`^${makesImageAlready(id, 'image')}$`)));
  assert.throws(again({ type: 'pull_tar', remote: 'http://example.org/other' }), isFailure('TransferInProgress'));
  // Another name, another directory, the pristine download alone, and reading the image are no conflict.
  for (const changes of [{ local: 'b' }, { imageRoot: '/x' }, { local: undefined }, { type: 'export_raw' }])
    again(changes)();
  held.finish();
  await ended(first);
  again({})();
});

test('cancelling a queued transfer ends it before it begins', async (t) => {
  const { manager } = startManager(t);
  const all = Array.from({ length: runningMax }, () => new Held());
  all.forEach((held, index) => {
    acceptNamed(manager, held, `image${index}`);
  });
  const held = new Held();
  const queued = acceptNamed(manager, held, 'queued');
  await manager.cancel(queued.subject.id);
  assert.equal(held.begun, false);
  assert.equal(queued.failure?.kind, 'Cancelled');
  assert.equal(queued.failure?.message, wasCancelled);
  assert.equal(queued.progress.phase, 'cancelled');
  await cancelAll(manager, all);
});

test('what a transfer was to take over is dropped when it is cancelled before it begins, once, and not otherwise', async (t) => {
  const { manager } = startManager(t);
  const all = Array.from({ length: runningMax }, () => new Held());
  all.forEach((held, index) => {
    acceptNamed(manager, held, `image${index}`);
  });
  const dropped: string[] = [];
  const accept = (local: string, held: Held) =>
    manager.accept({ ...someSubject, local }, held.work, { onDropped: () => dropped.push(local) });
  const [queued, kept] = [new Held(), new Held()];
  const cancelled = accept('cancelled', queued);
  const run = accept('run', kept);
  await manager.cancel(cancelled.subject.id);
  assert.deepEqual([queued.begun, dropped], [false, ['cancelled']]);
  all[0]?.finish();
  kept.finish();
  await ended(run);
  assert.deepEqual([kept.begun, dropped], [true, ['cancelled']]);
  const late = new Held();
  accept('late', late);
  await cancelAll(manager, [...all.slice(1), late]);
  assert.ok(late.begun || dropped.includes('late'));
});

test('cancelling a running transfer answers when nothing of it is left', async (t) => {
  const { manager } = startManager(t);
  const held = new Held();
  const transfer = manager.accept(someSubject, held.work);
  await setImmediate();
  let answered = false;
  const cancelled = manager.cancel(transfer.subject.id).then(() => {
    answered = true;
  });
  await setImmediate();
  assert.ok(held.aborted instanceof Failure);
  assert.equal(answered, false);
  held.fail(held.aborted);
  await cancelled;
  assert.equal(transfer.failure?.kind, 'Cancelled');
  assert.deepEqual(manager.active, []);
});

test('cancelling what has ended, or never was, is an error; and so is cancelling what ends well all the same', async (t) => {
  const { manager } = startManager(t);
  await assert.rejects(manager.cancel(12345), isFailure('NoSuchTransfer', like`^${noTransfer(12345)}$`));
  const held = new Held();
  const transfer = manager.accept(someSubject, held.work);
  await setImmediate();
  const tooLate = manager.cancel(transfer.subject.id);
  held.finish();
  const late = isFailure('NoSuchTransfer', new RegExp(`^Transfer ${transfer.subject.id} has ended already$`));
  await assert.rejects(tooLate, late);
  assert.equal(transfer.result, someResult);
  await assert.rejects(manager.cancel(transfer.subject.id), late);
});

test('stopping ends all transfers, queued ones too, tells why, and accepts no more', async (t) => {
  const { manager } = startManager(t);
  const all = Array.from({ length: runningMax + 1 }, () => new Held());
  const transfers = all.map((held, index) => acceptNamed(manager, held, `image${index}`));
  await setImmediate();
  const stopped = manager.stop();
  assert.throws(
    () => acceptNamed(manager, new Held(), 'late'),
    isFailure('ServiceStopping', /^The service is stopping; try again in a moment$/),
  );
  for (const held of all) if (held.begun) held.fail(held.aborted);
  await stopped;
  assert.deepEqual(
    transfers.map(({ failure }) => [failure?.kind, failure?.message]),
    transfers.map(() => ['ServiceStopping', serviceIsStopping]),
  );
  assert.deepEqual(
    all.map((held) => held.begun),
    [...Array(runningMax).fill(true), false],
  );
});

test('a transfer that has to wait for another begins when that has ended, whatever its end', async (t) => {
  for (const end of ['finish', 'fail'] as const) {
    const { manager } = startManager(t);
    const [held, after] = [new Held(), new Held()];
    const first = manager.accept(someSubject, held.work);
    const second = manager.accept({ ...someSubject, local: 'second' }, after.work, { after: first });
    await setImmediate();
    assert.equal(after.begun, false);
    if (end === 'finish') held.finish();
    else held.fail(new Failure('DownloadFailed', 'x', { url: 'x' }));
    await ended(first);
    assert.equal(after.begun, true, end);
    after.finish();
    await ended(second);
  }
});

test('a transfer that waits takes no place from those that could run', async (t) => {
  const { manager } = startManager(t);
  const held = Array.from({ length: runningMax }, () => new Held());
  const first = acceptNamed(manager, held[0] ?? new Held(), 'first');
  const waiting = new Held();
  manager.accept({ ...someSubject, local: 'waiting' }, waiting.work, { after: first });
  held.slice(1).forEach((each, index) => {
    acceptNamed(manager, each, `image${index}`);
  });
  await setImmediate();
  assert.equal(waiting.begun, false);
  assert.deepEqual(
    held.map(({ begun }) => begun),
    held.map(() => true),
  );
  await cancelAll(manager, [...held, waiting]);
});

test('what is thrown and is no failure is reported as a bug, and the caller is told of a mistake of the service', async (t) => {
  const { manager, told } = startManager(t);
  const held = new Held();
  const transfer = manager.accept(someSubject, held.work);
  const bug = new TypeError('undefined is not a function');
  held.fail(bug);
  await ended(transfer);
  assert.deepEqual(told.bugs, [bug]);
  assert.equal(transfer.failure?.kind, 'WorkerFailed');
  assert.equal(
    transfer.failure?.message,
    'The service made a mistake (undefined is not a function); its log has the details',
  );
});

test('256 ended transfers stay readable, older ones are forgotten', async (t) => {
  const { manager } = startManager(t);
  for (let count = 0; count < 258; count += 1) await ended(manager.accept(someSubject, async () => someResult));
  assert.throws(() => manager.find(2), isFailure('NoSuchTransfer'));
  assert.equal(manager.find(3).subject.id, 3);
  assert.equal(manager.find(258).subject.id, 258);
});
