import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ClientLink, claimSocket } from '../../../../service/daemon/socket.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const place = (t: TestContext) => temporaryDirectory(t).file('ferry', 'socket');

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
    using lock = await claimSocket(path, scope);
    assert.notEqual(lock, undefined);
    assert.equal(statSync(path.replace('/socket', '')).mode & 0o777, mode);
    assert.equal(statSync(path.replace('socket', 'lock')).mode & 0o777, 0o600);
  }
});

test('a socket that a killed service left is removed', async (t) => {
  const path = place(t);
  (await claimSocket(path, 'system'))?.[Symbol.dispose]();
  leaveSocket(path);
  using _lock = await claimSocket(path, 'system');
  assert.equal(existsSync(path), false);
});

test('what is there and is no socket stays', async (t) => {
  const path = place(t);
  (await claimSocket(path, 'system'))?.[Symbol.dispose]();
  writeFileSync(path, 'precious');
  using _lock = await claimSocket(path, 'system');
  assert.equal(readFileSync(path, 'utf8'), 'precious');
});

test('a service that answers keeps its socket', async (t) => {
  const path = place(t);
  using lock = await claimSocket(path, 'system');
  assert.notEqual(lock, undefined);
  const server = createServer().listen(path);
  t.after(() => server.close());
  assert.equal(await claimSocket(path, 'system'), undefined);
  assert.equal(existsSync(path), true);
});

test('a service that is ending is waited for', async (t) => {
  const path = place(t);
  const first = await claimSocket(path, 'system');
  let claimed = false;
  const second = claimSocket(path, 'system').then((lock) => {
    claimed = true;
    return lock;
  });
  await pause(100);
  assert.equal(claimed, false);
  first?.[Symbol.dispose]();
  using lock = await second;
  assert.notEqual(lock, undefined);
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
    const message = `FERRY_READY_FD is '${value}', which is not a descriptor`;
    assert.throws(() => new ClientLink({ FERRY_READY_FD: value }), { message });
  });
}
