import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { authorize, isTrusted } from '../../../../service/api/authorize.js';
import { VarlinkError } from '../../../../varlink/error.js';

const stranger = 54321;

test('root and the own user are trusted, and nobody else', () => {
  assert.equal(isTrusted({ pid: 1, uid: 0 }), true);
  assert.equal(isTrusted({ pid: 1, uid: process.getuid?.() ?? 0 }), true);
  assert.equal(isTrusted({ pid: 1, uid: stranger }), false);
  // Whom the kernel cannot name.
  assert.equal(isTrusted({ pid: 1, uid: 65534 }), process.getuid?.() === 65534);
});

test('the trusted are not asked about', async () => {
  await authorize({ pid: 0, uid: 0 }, 'io.ferry.pull', false);
  await authorize({ pid: 0, uid: process.getuid?.() ?? 0 }, 'io.ferry.manage', false);
});

function isDenial(error: unknown): boolean {
  return error instanceof VarlinkError && error.name === 'org.varlink.service.PermissionDenied';
}

test('a stranger about whom polkit cannot say yes is denied: here are neither its actions nor, mostly, polkit', async () => {
  for (const interactive of [false, true])
    await assert.rejects(authorize({ pid: process.pid, uid: stranger }, 'io.ferry.pull', interactive), isDenial);
});

test('a caller that is gone is denied', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  await assert.rejects(authorize({ pid: child.pid ?? 0, uid: stranger }, 'io.ferry.pull', false), isDenial);
  await assert.rejects(authorize({ pid: 0, uid: stranger }, 'io.ferry.pull', false), isDenial);
});
