import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions, usage } from '../../../../service/daemon/options.js';

const system = '/run/ferry/io.ferry.Transfer';
const environment = { XDG_RUNTIME_DIR: '/run/user/1000' };
const user = '/run/user/1000/ferry/io.ferry.Transfer';
const rows: [parameters: string[], uid: number, scope: string, listen: string | null][] = [
  [[], 0, 'system', system],
  [[], 1000, 'user', user],
  [['--user'], 0, 'user', user],
  [['--system'], 1000, 'system', system],
  [['--listen=/a/b'], 0, 'system', '/a/b'],
  [['--user', '--listen', '/a/b'], 0, 'user', '/a/b'],
];
for (const [parameters, uid, scope, listen] of rows) {
  test(`ferryd ${parameters.join(' ')} as user ${uid} serves the ${scope} at ${listen}`, () => {
    const options = readOptions(parameters, environment, uid);
    assert.deepEqual(options, { scope, listen, help: false, version: false });
  });
}

test('without a runtime directory a user has no default socket', () => {
  for (const value of [undefined, ''])
    assert.equal(readOptions([], value === undefined ? {} : { XDG_RUNTIME_DIR: value }, 1000).listen, undefined);
});

test('help and version are seen', () => {
  assert.equal(readOptions(['-h'], {}, 0).help, true);
  assert.equal(readOptions(['--help'], {}, 0).help, true);
  assert.equal(readOptions(['--version'], {}, 0).version, true);
});

for (const parameters of [['--nonsense'], ['argument'], ['--listen'], ['--system=yes']]) {
  test(`ferryd ${parameters.join(' ')} is refused`, () => {
    assert.throws(() => readOptions(parameters, {}, 0), TypeError);
  });
}

test('ferryd serves the system or a user', () => {
  const message = '--system and --user exclude each other';
  assert.throws(() => readOptions(['--system', '--user'], {}, 0), { name: 'TypeError', message });
});

test('the usage names every option', () => {
  assert.equal(
    usage,
    `ferryd [OPTIONS...]

Serves disk image transfers over Varlink. Started by its socket unit, or by ferryctl where there is none.

  -h --help          Show this help
     --version       Show the version
     --system        Serve the system: images go to /var/lib (default for root)
     --user          Serve one user: images go to $XDG_STATE_HOME
     --listen=PATH   Bind this socket when none was passed
`,
  );
});
