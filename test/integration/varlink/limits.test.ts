import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { startSample } from '../../unit/varlink/server/sample.js';

const nobody = 65534;

/** Connects so many times and prints how many connections answered and how many were closed. */
const script = `
const { connect } = require('node:net');
const [path, count] = process.argv.slice(1);
let answered = 0, closed = 0;
const note = () => { if (answered + closed === Number(count)) { console.log(answered, closed); process.exit(); } };
for (let index = 0; index < count; index++) {
  const socket = connect(path, () => socket.write('{"method":"org.varlink.service.GetInfo"}\\0'));
  socket.on('data', () => { answered++; note(); });
  socket.on('error', () => {});
  socket.on('close', () => { closed++; note(); });
}`;

test('a user other than root has 128 connections', async (t) => {
  if (!needs(t, { root: true })) return;
  const { server } = startSample(t);
  const path = temporaryDirectory(t).file('open');
  server.listen({ path, mode: 0o666 });
  for (const [uid, expected] of [
    [nobody, '128 12\n'],
    [0, '140 0\n'],
  ] as const) {
    const child = spawn(process.execPath, ['--eval', script, path, '140'], { uid, gid: uid, cwd: '/' });
    let output = '';
    child.stdout.on('data', (bytes) => (output += bytes));
    child.stderr.on('data', (bytes) => (output += bytes));
    await once(child, 'close');
    assert.equal(output, expected);
  }
});
