import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lockFile } from '../../../../linux/locks.js';
import { notesBeside } from '../../../../service/daemon/runtime-directory.js';
import { ClientLink, claimSocket } from '../../../../service/daemon/socket.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { longerThan, readyDescriptorIsNotOne } from '../../../support/texts/transfers.js';

const place = (t: TestContext) => temporaryDirectory(t).file('ferry', 'socket');

/** Takes the lock of a socket that nobody else has. */
async function claimed(path: string, scope: 'system' | 'user' = 'system'): Promise<Disposable> {
  const claim = await claimSocket(path, scope);
  if ('lock' in claim) return claim.lock;
  return assert.fail(`held by its ${claim.heldBy}`);
}

/** A listening socket that stays when its process is gone. */
function leaveSocket(path: string): void {
  const script =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  spawnSync(process.execPath, ['--eval', script, path]);
  assert.ok(existsSync(path));
}

test('the directory is made, for all in system scope and for oneself in user scope', async (t) => {
  for (const [scope, mode] of [
    ['system', 0o755],
    ['user', 0o700],
  ] as const) {
    const path = place(t);
    using _lock = await claimed(path, scope);
    assert.equal(statSync(path.replace('/socket', '')).mode & 0o777, mode);
    assert.equal(statSync(`${path}.lock`).mode & 0o777, 0o600);
  }
});

test('a socket that a killed service left is removed', async (t) => {
  const path = place(t);
  (await claimed(path))[Symbol.dispose]();
  leaveSocket(path);
  using _lock = await claimed(path);
  assert.equal(existsSync(path), false);
});

test('where there can be no socket it is said why, and what is there stays', async (t) => {
  const path = place(t);
  (await claimed(path))[Symbol.dispose]();
  writeFileSync(path, 'precious');
  await assert.rejects(claimSocket(path, 'system'), {
    message: `Cannot listen on ${path}: it exists, and is not a socket`,
  });
  assert.equal(readFileSync(path, 'utf8'), 'precious');
  await assert.rejects(claimSocket(`${path}/below/x`, 'system'), {
    message: `Cannot listen on ${path}/below/x: ${path}/below: not a directory`,
  });
  const long = `${path}${'x'.repeat(120)}`;
  await assert.rejects(claimSocket(long, 'system'), {
    message: longerThan(long, 107),
  });
});

test('a service that answers keeps its socket', async (t) => {
  const path = place(t);
  using _lock = await claimed(path);
  const server = createServer().listen(path);
  t.after(() => server.close());
  assert.deepEqual(await claimSocket(path, 'system'), { heldBy: 'listener' });
  assert.equal(existsSync(path), true);
});

test('a socket that somebody listens on without its lock is kept', async (t) => {
  const path = place(t);
  (await claimed(path))[Symbol.dispose]();
  const server = createServer().listen(path);
  t.after(() => server.close());
  assert.deepEqual(await claimSocket(path, 'system'), { heldBy: 'listener' });
  assert.equal(existsSync(path), true);
  // What kept it is not kept itself: the lock is free for the next one.
  const descriptor = openSync(`${path}.lock`, 'r+');
  assert.equal(lockFile(descriptor, 'exclusive'), true);
  closeSync(descriptor);
});

test('services with sockets in one directory do not keep each other from theirs', async (t) => {
  const path = place(t);
  using _first = await claimed(path);
  const server = createServer().listen(path);
  t.after(() => server.close());
  for (const other of [
    `${path}2`,
    `${path}.d`,
    path.replace('socket', 'lock'),
    path.replace('socket', 'io.ferry.Transfer'),
  ]) {
    using _second = await claimed(other);
  }
  assert.equal(existsSync(path), true);
});

test('each socket in a directory has notes of its own', () => {
  const directories = ['io.ferry.Transfer', 'other', 'other2'].map((name) => notesBeside(`/run/ferry/${name}`));
  assert.deepEqual(directories, ['/run/ferry', '/run/ferry/other.notes', '/run/ferry/other2.notes']);
});

test('a lock that is held without a service is told from a service', async (t) => {
  const path = place(t);
  using _lock = await claimed(path);
  assert.deepEqual(await claimSocket(path, 'system'), { heldBy: 'lock' });
});

test('a service that is ending is waited for', async (t) => {
  const path = place(t);
  const first = await claimed(path);
  let isClaimed = false;
  const second = claimed(path).then((lock) => {
    isClaimed = true;
    return lock;
  });
  await pause(100);
  assert.equal(isClaimed, false);
  first[Symbol.dispose]();
  using _lock = await second;
});

test('the client that started a service hears one word', (t) => {
  const path = temporaryDirectory(t).file('heard');
  for (const [words, heard] of [
    [['ready', 'error later'], 'ready\n'],
    [['busy'], 'busy\n'],
    [['error there is no disk'], 'error there is no disk\n'],
  ] as const) {
    const environment: NodeJS.ProcessEnv = { FERRY_READY_FD: String(openSync(path, 'w')) };
    const link = new ClientLink(environment);
    assert.deepEqual(environment, {});
    for (const word of words) link.tell(word);
    assert.equal(readFileSync(path, 'utf8'), heard);
  }
});

test('a service that no client started tells nobody, and one whose client is gone goes on', (t) => {
  const alone = new ClientLink({});
  assert.equal(alone.started, false);
  alone.tell('ready');
  const descriptor = openSync(temporaryDirectory(t).file('x'), 'w');
  const link = new ClientLink({ FERRY_READY_FD: String(descriptor) });
  closeSync(descriptor);
  link.tell('ready');
});

test('that a client started it is known also after it was told', (t) => {
  const descriptor = openSync(temporaryDirectory(t).file('x'), 'w');
  const link = new ClientLink({ FERRY_READY_FD: String(descriptor) });
  link.tell('ready');
  assert.equal(link.started, true);
});

for (const value of ['', 'x', '-1', '3.5', '99999999999']) {
  test(`FERRY_READY_FD=${value} is refused`, () => {
    const message = readyDescriptorIsNotOne(value);
    assert.throws(() => new ClientLink({ FERRY_READY_FD: value }), { message });
  });
}
