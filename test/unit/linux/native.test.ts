import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { SystemError } from '../../../linux/errno.js';
import { acceptConnection, bindSocket, isListening, listenOnSocket, openSocket } from '../../../linux/sockets.js';
import { run } from '../../support/command.js';
import { temporaryDirectory } from '../../support/temporary.js';

const linux = new URL('../../../linux/', import.meta.url).href;
const client = new URL('../../../client/main.js', import.meta.url).pathname;
const isLoaded = "require('node:fs').readFileSync('/proc/self/maps', 'utf8').includes('koffi')";

test('the native layer is loaded with the first call, not with the modules that can call', () => {
  const script = `const { readdirSync } = await import('node:fs');
    const { createRequire } = await import('node:module');
    const require = createRequire(${JSON.stringify(import.meta.url)});
    const folder = new URL(${JSON.stringify(linux)});
    for (const name of readdirSync(folder)) if (name.endsWith('.js')) await import(new URL(name, folder));
    const before = ${isLoaded};
    const { umask } = await import(new URL('files.js', folder));
    umask(umask(0));
    console.log(before, ${isLoaded});`;
  assert.equal(run(process.execPath, ['--input-type=module', '--eval', script]), 'false true\n');
});

test('the client starts without native code', (t) => {
  const hook = temporaryDirectory(t).file('hook.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => console.log(${isLoaded} ? 'with native code' : 'without native code'))`,
  );
  const printed = run(process.execPath, ['--require', hook, client, '--version']);
  assert.match(printed, /\nwithout native code\n$/);
});

test('what would block is EAGAIN, by that one of its two names', (t) => {
  assert.equal(SystemError.named('recvmsg', 'EAGAIN').code, 'EAGAIN');
  const socket = openSocket();
  t.after(() => closeSync(socket));
  bindSocket(socket, `\0ferry-test-${process.pid}`);
  listenOnSocket(socket, 1);
  assert.equal(acceptConnection(socket), 'EAGAIN');
});

test('a descriptor that is not a socket is a SystemError, with the number and the name of the errno', (t) => {
  const file = openSync('/dev/null', 'r');
  t.after(() => closeSync(file));
  const expected = { name: 'SystemError', syscall: 'getsockopt', errno: 88, code: 'ENOTSOCK' };
  assert.throws(() => isListening(file), expected);
});
