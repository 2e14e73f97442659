import assert from 'node:assert/strict';
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { checkSource, checkTarget } from '../../../../service/api/import-request.js';
import { serve } from '../../../../service/api/serve.js';
import { TransferInterface } from '../../../../service/api/transfer.js';
import type { Host } from '../../../../service/transfers/host.js';
import { Identifiers } from '../../../../service/transfers/identifiers.js';
import { runImport } from '../../../../service/transfers/kinds/import.js';
import { TransferManager } from '../../../../service/transfers/manager.js';
import { OwnedDescriptors } from '../../../../service/transfers/owned-descriptors.js';
import { Transfer } from '../../../../service/transfers/transfer.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitUntil } from '../../../support/wait.js';
import { fakeHost } from '../transfers/fake-workers.js';
import { someResult, someSubject } from '../transfers/samples.js';

function opened(t: TestContext, path: string, flags: number): number {
  const descriptor = openSync(path, flags);
  t.after(() => closeSync(descriptor));
  return descriptor;
}

test('what was passed has to be what it is said to be', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('disk.raw'), 'disk');
  const tree = opened(t, directory.path, constants.O_RDONLY);
  const readable = opened(t, directory.file('disk.raw'), constants.O_RDONLY);
  const writable = opened(t, directory.file('disk.raw'), constants.O_WRONLY);
  const says = (action: () => void, message: string) =>
    assert.throws(action, { kind: 'FileSystemError', message, facts: { path: 'fileDescriptor', errorName: 'EBADF' } });
  says(() => checkSource(writable, 'raw'), 'What was passed to import from was not opened for reading');
  says(
    () => checkSource(readable, 'directory'),
    'What was passed to import from is not a directory, which import-fs needs; use import-tar or import-raw for files',
  );
  says(() => checkSource(tree, 'tar'), 'What was passed to import from is a directory; use import-fs for directories');
  says(() => checkTarget(tree), 'What was passed to export to is a directory');
  says(() => checkTarget(readable), 'What was passed to export to was not opened for writing');
  assert.equal(checkSource(readable, 'raw'), 4);
  assert.equal(checkSource(tree, 'directory'), undefined);
  checkTarget(writable);
});

function handlers(host: Host, manager: TransferManager) {
  return serve('io.ferry.Transfer', new TransferInterface(host, manager, {} as never, {} as never));
}

/** Imports and exports of root, on a host of the test's own. */
function prepare(t: TestContext) {
  const directory = temporaryDirectory(t);
  const host = fakeHost(directory.file('run'), {});
  const manager = new TransferManager(new Identifiers(directory.file('last')), () => {}, assert.fail);
  return { transfers: handlers(host, manager), manager, imageRoot: directory.path };
}

const peer = { pid: process.pid, uid: process.getuid?.() ?? 0, gid: 0 };

test('only what waits for bytes can be told that these were all', async (t) => {
  const { transfers, manager } = prepare(t);
  const { subject } = manager.accept({ ...someSubject, uid: peer.uid }, async () => someResult);
  const call = { peer, parameters: { id: subject.id, bytes: 1, sha256: 'ab' } };
  await assert.rejects(transfers.Finish(call as never), {
    name: 'io.ferry.Transfer.NoSuchTransfer',
    parameters: { message: `Transfer ${subject.id} does not wait for bytes over a connection`, id: subject.id },
  });
});

test('a connection that ends at once is no image', async (t) => {
  const { transfers, manager, imageRoot } = prepare(t);
  const gone = new Error('gone');
  const call = {
    peer,
    upgrade: true,
    parameters: { format: 'raw', class: 'machine', name: 'x', imageRoot },
    reply: () => {},
    upgraded: () => Promise.reject(gone),
  };
  await assert.rejects(transfers.Import(call as never), gone);
  const transfer = manager.find(1);
  await waitUntil(() => transfer.ended, 0);
  assert.equal(transfer.failure?.kind, 'Corrupt');
  assert.equal(transfer.failure?.message, 'The connection ended before a byte was moved');
});

for (const verb of ['Import', 'Export'] as const) {
  test(`an ${verb} whose caller does not read can be cancelled, and its connection is closed when it comes`, {
    timeout: 120_000,
  }, async (t) => {
    const { transfers, manager, imageRoot } = prepare(t);
    writeFileSync(`${imageRoot}/y.raw`, '');
    let reads = (_descriptor: number): void => {};
    const upgraded = new Promise<number>((resolve) => {
      reads = resolve;
    });
    const parameters = { format: 'raw', class: 'machine', name: verb === 'Import' ? 'x' : 'y', imageRoot };
    const called = transfers[verb]({
      peer,
      upgrade: true,
      parameters,
      reply: () => {},
      upgraded: () => upgraded,
    } as never);
    await waitUntil(() => manager.active.length === 1, 0);
    const transfer = manager.find(1);
    await setImmediate();
    await manager.cancel(1);
    assert.equal(transfer.failure?.kind, 'Cancelled');
    const connection = openSync('/dev/null', 'r');
    reads(connection);
    await called;
    await setImmediate();
    assert.throws(() => closeSync(connection), { code: 'EBADF' });
  });
}

test('a sender that is silent at its end has not sent all', async (t) => {
  const directory = temporaryDirectory(t);
  const decode = `hear(); tell({ type: 'moved', outcome: { bytes: 10, sha256: '${'ab'.repeat(32)}', decodedBytes: 10 } });`;
  const placement = `hear(); tell({ type: 'source', direct: false, bytes: 10 }); tell({ type: 'received', bytes: 0, decodedBytes: 10 }); hear();`;
  const host = fakeHost(directory.file('run'), { decode, placement });
  const image = { format: 'raw', class: 'machine', name: 'x', imageRoot: directory.path, force: false };
  const wish = { image, directory: false, bytesTotal: undefined } as never;
  const transfer = new Transfer({ ...someSubject, id: 1 });
  const sent = new Promise<never>(() => {});
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const descriptor = new OwnedDescriptors([openSync('/dev/null', 'r')]);
  const { signal } = new AbortController();
  const importing = runImport(host, wish, { descriptor, sent }, { transfer, signal });
  let ended = false;
  const outcome = importing
    .catch((error) => error)
    .finally(() => {
      ended = true;
    });
  await waitUntil(() => {
    t.mock.timers.tick(1000);
    return ended;
  }, 0);
  const { kind, message } = await outcome;
  assert.equal(kind, 'Corrupt');
  assert.equal(
    message,
    'The connection ended after 10 bytes, and the sender did not say that these were all; nothing was placed',
  );
});

/** A host whose processes say that 10 bytes came, with this digest. */
function hostThatReceives(t: TestContext, sha256: string) {
  const directory = temporaryDirectory(t);
  const decode = `hear(); tell({ type: 'moved', outcome: { bytes: 10, sha256: '${sha256}', decodedBytes: 10 } });`;
  const placement = `hear(); tell({ type: 'source', direct: false, bytes: 10 }); tell({ type: 'received', bytes: 0, decodedBytes: 10 }); if (hear() !== null) tell({ type: 'placed', outcome: { path: '${directory.path}/x', pristinePath: null, lossCount: 0, losses: [] } });`;
  const image = { format: 'raw', class: 'machine', name: 'x', imageRoot: directory.path, force: false };
  const wish = { image, directory: false, bytesTotal: undefined } as never;
  return { host: fakeHost(directory.file('run'), { decode, placement }), wish };
}

test('what arrived has to be what was sent, to the last digit of the digest and the last byte', async (t) => {
  const sha256 = '0123456789abcdef'.repeat(4);
  const { host, wish } = hostThatReceives(t, sha256);
  const outcomeOf = async (sent: { bytes: number; sha256: string }) => {
    const transfer = new Transfer({ ...someSubject, id: 1 });
    const descriptor = new OwnedDescriptors([openSync('/dev/null', 'r')]);
    const { signal } = new AbortController();
    const source = { descriptor, sent: Promise.resolve(sent) };
    return await runImport(host, wish, source, { transfer, signal }).then(
      () => 'placed',
      (error) => error.kind,
    );
  };
  assert.equal(await outcomeOf({ bytes: 10, sha256 }), 'placed');
  for (const place of [0, 7, 8, 63])
    assert.equal(
      await outcomeOf({ bytes: 10, sha256: `${sha256.slice(0, place)}e${sha256.slice(place + 1)}` }),
      'Corrupt',
    );
  for (const bytes of [9, 11]) assert.equal(await outcomeOf({ bytes, sha256 }), 'Corrupt');
});

/** Whom nobody knows: polkit, if there is one, knows none of these actions of a process that is not this user's. */
const stranger = { pid: process.pid, uid: 54321, gid: 54321 };

test('a stranger neither imports nor exports, whether the bytes come by descriptor or over the connection', async (t) => {
  const directory = temporaryDirectory(t);
  // The place of the user's own images: only the trusted may name another.
  const host = { ...fakeHost(directory.file('run'), {}), environment: { XDG_STATE_HOME: directory.path } };
  const manager = new TransferManager(new Identifiers(directory.file('last')), () => {}, assert.fail);
  const transfers = handlers({ ...host, scope: 'user' }, manager);
  mkdirSync(directory.file('machines'));
  writeFileSync(directory.file('machines', 'x.raw'), 'image');
  for (const imageRoot of [null, directory.path]) {
    for (const upgrade of [false, true]) {
      for (const verb of ['Import', 'Export'] as const) {
        const call = {
          peer: stranger,
          closed: new AbortController().signal,
          upgrade,
          parameters: { format: 'raw', class: 'machine', name: 'x', imageRoot, fileDescriptor: upgrade ? null : 0 },
          descriptor: () =>
            openSync(directory.file(verb === 'Import' ? 'machines/x.raw' : 'out'), verb === 'Import' ? 'r' : 'w'),
          reply: () => assert.fail('it was accepted'),
          upgraded: () => assert.fail('it was accepted'),
        };
        await assert.rejects(
          transfers[verb](call as never),
          { name: 'org.varlink.service.PermissionDenied' },
          `${verb} ${upgrade} ${imageRoot}`,
        );
        assert.deepEqual(manager.active, []);
      }
    }
  }
});

test('only who imports, and root, can say that these were all the bytes', async (t) => {
  const { transfers, manager } = prepare(t);
  const { subject } = manager.accept({ ...someSubject, uid: 54322 }, () => new Promise(() => {}));
  const finish = (uid: number) =>
    transfers.Finish({ peer: { ...peer, uid }, parameters: { id: subject.id, bytes: 1, sha256: 'ab' } } as never);
  for (const uid of [54321, 54323]) await assert.rejects(finish(uid), { name: 'org.varlink.service.PermissionDenied' });
  for (const uid of [54322, 0]) await assert.rejects(finish(uid), { name: 'io.ferry.Transfer.NoSuchTransfer' });
});
