import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { authorize, isTrusted, judgeAuthorization } from '../../../../service/api/authorize.js';
import type { Caller } from '../../../../service/api/user-queues.js';
import { VarlinkError } from '../../../../varlink/error.js';

const stranger = 54321;

function caller(pid: number, uid: number): Caller {
  return { peer: { pid, uid, gid: uid }, closed: new AbortController().signal };
}

test('root and the own user are trusted, and nobody else', () => {
  assert.equal(isTrusted({ pid: 1, uid: 0 }), true);
  assert.equal(isTrusted({ pid: 1, uid: process.getuid?.() ?? 0 }), true);
  assert.equal(isTrusted({ pid: 1, uid: stranger }), false);
  // Whom the kernel cannot name.
  assert.equal(isTrusted({ pid: 1, uid: 65534 }), process.getuid?.() === 65534);
});

test('the trusted are not asked about', async () => {
  await authorize(caller(0, 0), 'io.ferry.pull', false);
  await authorize(caller(0, process.getuid?.() ?? 0), 'io.ferry.manage', false);
});

function isDenial(error: unknown): boolean {
  return error instanceof VarlinkError && error.name === 'org.varlink.service.PermissionDenied';
}

test('a stranger about whom polkit cannot say yes is denied: here are neither its actions nor, mostly, polkit', async () => {
  for (const interactive of [false, true])
    await assert.rejects(authorize(caller(process.pid, stranger), 'io.ferry.pull', interactive), isDenial);
});

test('a caller that is gone is denied', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  await assert.rejects(authorize(caller(child.pid ?? 0, stranger), 'io.ferry.pull', false), isDenial);
  await assert.rejects(authorize(caller(0, stranger), 'io.ferry.pull', false), isDenial);
});

test('of all that pkcheck can end with, one status is a yes', () => {
  for (const interactive of [false, true]) {
    assert.doesNotThrow(() => judgeAuthorization(0, interactive));
    // Not authorised, dismissed by the user, no such program, killed, not started.
    for (const status of [1, 3, 126, 127, 137, 255, undefined])
      assert.throws(() => judgeAuthorization(status, interactive), isDenial);
  }
  assert.throws(() => judgeAuthorization(2, true), isDenial);
  assert.throws(() => judgeAuthorization(2, false), { name: 'io.systemd.InteractiveAuthenticationRequired' });
});
