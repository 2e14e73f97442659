import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest } from '../../../../client/cli/argv.js';
import { run } from '../../../../client/cli/run.js';
import { readSettings, type Settings } from '../../../../client/cli/settings.js';
import { parseHost, parseMachine } from '../../../../client/connect/places.js';
import { fakeProcessContext } from '../support/process-context.js';
import { commands } from './command-lines.js';

test('the same thing said twice is said once', () => {
  for (const line of [
    '-m -m list-images',
    '-m --class=machine list-images',
    '-N --keep-download=off pull-tar u',
    '--force --force=1 --force=yes pull-tar u',
    '--keyring=/a --keyring=/b pull-tar u',
    '-P --class=machine --class=portable list-images',
  ])
    assert.equal(readRequest(line.split(' ')).kind, 'command', line);
});

/** What a command gets. */
function settingsOf(argv: readonly string[]): Settings {
  const request = readRequest(argv);
  assert.ok(request.kind === 'command');
  return readSettings(request.options, fakeProcessContext());
}

/** What is appended to a command, and what the setting is then. */
const overridden: [line: string, setting: keyof Settings, value: unknown][] = [
  ['pull-tar u --verify=no --verify=signature', 'verify', 'signature'],
  ['pull-tar u --verify=signature --verify=no', 'verify', 'no'],
  ['pull-tar u --force --force=no', 'force', false],
  ['pull-tar u --force=no --force', 'force', true],
  ['pull-tar u --no-resume --resume', 'resume', true],
  ['pull-tar u --resume --no-resume', 'resume', false],
  ['pull-tar u --keep-download=yes --keep-download=no', 'keepDownload', false],
  ['pull-tar u --limit-rate=1M --limit-rate=1K', 'limitRate', 1024],
  ['pull-tar u --size-max=1M --size-max=1K', 'sizeMax', 1024],
  ['export-tar x --format=xz --format=zstd', 'format', 'zstd'],
  ['list-images --image-root=/a --image-root=/b', 'imageRoot', '/b'],
  ['list-images --class=sysext --class=machine', 'class', 'machine'],
  ['list-images -m -m', 'class', 'machine'],
  ['list-images --host=a --host=b', 'host', parseHost('b')],
  ['list-images -M a -M b', 'machine', parseMachine('b')],
  ['list-images --address=/a --address=/b', 'address', '/b'],
  ['list-images --json=short --json=pretty', 'json', 'pretty'],
  ['list-images --json=pretty --json=off', 'json', 'off'],
  ['list-images -j --json=pretty', 'json', 'pretty'],
  ['list-images --json=pretty -j', 'json', 'short'],
  ['list-images --no-pager --pager', 'pager', true],
  ['list-images --pager --no-pager', 'pager', false],
  ['list-images --no-legend --legend=yes', 'legend', true],
  ['list-images --no-ask-password --ask-password', 'askPassword', true],
];
for (const [line, setting, value] of overridden) {
  test(`of an option that is given twice the last one counts: ${line}`, () => {
    assert.deepEqual(settingsOf(line.split(' '))[setting], value);
  });
}

test('a verification that is overridden by a weaker one is told, and by a stronger one is not', async () => {
  const request = readRequest(['--verify=signature', '--verify=no', 'pull-tar', 'u']);
  assert.deepEqual(request.kind === 'command' && request.warnings, [
    'Ignoring --verify=signature: --verify=no comes last',
  ]);
  for (const name of ['ferryctl', 'importctl'] as const) {
    const stronger = readRequest(['--verify=no', '--verify=checksum', '--verify=signature', 'pull-tar', 'u'], name);
    assert.deepEqual(stronger.kind === 'command' && stronger.warnings, []);
  }
});

const together: [line: string, message: string][] = [
  [
    '--keyring=/k --verify=no pull-tar http://h/x',
    'Cannot use --keyring= with --verify=no: no signature is checked then',
  ],
  [
    '--checksum-file=SUMS --verify=no pull-tar http://h/x',
    'Cannot use --checksum-file= with --verify=no: no checksum file is read then',
  ],
  ['--address=/s --user list', 'Cannot use --address= and --user together: the address says which service is meant'],
  [
    '--address=/s --system list',
    'Cannot use --address= and --system together: the address says which service is meant',
  ],
];
for (const [line, message] of together) {
  test(`${line} is an error, too`, async () => {
    const context = fakeProcessContext();
    assert.equal(await run(line.split(' '), context), 2);
    assert.equal(context.written.stderr, `${message}\n`);
  });
}

test('called as importctl, its options may be given anywhere, and the last one counts', () => {
  const ofImportctl = [
    '--verify=no',
    '--force',
    '--format=xz',
    '-N',
    '--read-only',
    '-P',
    '--system',
    '--user',
    '-j',
    '-S',
  ];
  for (const [verb, parameters] of Object.entries(commands)) {
    const request = readRequest([...ofImportctl, verb, ...parameters], 'importctl');
    assert.equal(request.kind, 'command');
    if (request.kind === 'command') assert.deepEqual(request.warnings, []);
  }
  assert.throws(() => readRequest(['list-images', '--watch'], 'importctl'), { name: 'UserError' });
  assert.throws(() => readRequest(['import-tar', 'file', '--keyring=/k'], 'importctl'), { name: 'UserError' });
});

const warned: [line: string, warnings: string[]][] = [
  ['import-tar --verify=signature file', ['Ignoring --verify=signature: import-tar verifies nothing']],
  ['import-raw --verify=checksum file', ['Ignoring --verify=checksum: import-raw verifies nothing']],
  ['export-tar --verify=checksum x', ['Ignoring --verify=checksum: export-tar verifies nothing']],
  ['import-fs --verify=no file', []],
  ['list-images --verify=signature', []],
  ['pull-tar --verify=signature u', []],
  ['pull-tar --verify=signature --verify=no u', ['Ignoring --verify=signature: --verify=no comes last']],
];
for (const [line, warnings] of warned) {
  test(`called as importctl, ${line} is taken${warnings.length > 0 ? ' with a warning' : ''}`, () => {
    const request = readRequest(line.split(' '), 'importctl');
    assert.deepEqual(request.kind === 'command' && request.warnings, warnings);
  });
}

test('such a warning is seen', async () => {
  const context = fakeProcessContext({ programName: 'importctl' });
  assert.equal(await run(['import-tar', '--verify=signature', '/nonexistent/x.tar'], context), 1);
  assert.match(context.written.stderr, /^Ignoring --verify=signature: import-tar verifies nothing\n/);
});
