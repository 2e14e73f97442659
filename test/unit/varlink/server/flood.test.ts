import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import type { ServerCall } from '../../../../varlink/server/call.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';
import { needs } from '../../../support/needs.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitUntil } from '../../../support/wait.js';

const description = 'interface org.example.note\nmethod Note() -> ()\n';
const call = '{"method":"org.example.note.Note"}\0';
const stranger = 4711;
const connections = 20;
const callsEach = 400;

/** Connects, waits for a file, sends all of its calls, and makes another file. */
const flood = `
const { existsSync, writeFileSync } = require('node:fs');
const [path, go, sent] = process.argv.slice(1);
let open = 0;
const sockets = Array.from({ length: ${connections} }, () => require('node:net').connect(path, () => open++));
const timer = setInterval(() => {
  if (open < sockets.length || !existsSync(go)) return;
  clearInterval(timer);
  for (const socket of sockets) socket.resume().write(${JSON.stringify(call)}.repeat(${callsEach}));
  writeFileSync(sent, '');
}, 5);`;

/** A server that notes whose calls it handles, in their order, and says when it handles the first. */
function startNoting(t: TestContext, path: string, onFirst: () => void): { server: VarlinkServer; callers: number[] } {
  const callers: number[] = [];
  const handlers = {
    Note(pending: ServerCall<object>) {
      callers.push(pending.peer.uid);
      pending.reply({});
      if (callers.length === 1) onFirst();
    },
  };
  const interfaces = [{ definition: parseInterface(description), description, handlers }];
  const server = new VarlinkServer({ vendor: 'v', product: 'p', version: '1', url: 'u', interfaces });
  server.listen({ path, mode: 0o666 });
  t.after(() => server.close());
  return { server, callers };
}

/** Waits for a file, and keeps the event loop from going round meanwhile. */
function blockUntilThere(path: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; !existsSync(path); tries++) {
    assert.ok(tries < 18_000, `${path} does not come`);
    Atomics.wait(cell, 0, 0, 10);
  }
}

test('a call that comes while thousands of another user wait is handled before most of them', async (t) => {
  if (!needs(t, { root: true })) return;
  const directory = temporaryDirectory(t);
  const [path, shared] = [directory.file('socket'), directory.file('shared')];
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  const { server, callers } = startNoting(t, path, () => own.write(call));
  const own = connect(path);
  t.after(() => own.destroy());
  const [go, sent] = [join(shared, 'go'), join(shared, 'sent')];
  const identity = { uid: stranger, gid: stranger, cwd: '/' };
  const child = spawn(process.execPath, ['--eval', flood, path, go, sent], { ...identity, stdio: 'inherit' });
  t.after(() => child.kill('SIGKILL'));
  await waitUntil(() => server.connectionCount === connections + 1);
  mkdirSync(go);
  blockUntilThere(sent);
  await waitUntil(() => callers.length === connections * callsEach + 1);
  const before = callers.indexOf(0);
  // A few: their handling has begun when the call comes.
  assert.ok(before <= 2 * connections, `${before} calls were handled before it`);
});
