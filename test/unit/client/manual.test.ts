import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest } from '../../../client/cli/argv.js';
import { run } from '../../../client/cli/run.js';
import { readSettings } from '../../../client/cli/settings.js';
import { parseHost, parseMachine } from '../../../client/connect/places.js';
import { fakeProcessContext } from './support/process-context.js';

// Every verb, option and value of importctl(1) of systemd 258, and those that its help adds.
const verbs: string[][] = [
  ['pull-tar', 'http://h/x'],
  ['pull-tar', 'http://h/x', 'name'],
  ['pull-raw', 'http://h/x'],
  ['pull-raw', 'http://h/x', '-'],
  ['import-tar', 'file'],
  ['import-tar', '-', 'name'],
  ['import-raw', 'file', 'name'],
  ['import-fs', 'directory'],
  ['import-fs', 'directory', 'name'],
  ['import-oci', 'file'],
  ['import-oci', '-', 'name'],
  ['export-tar', 'name'],
  ['export-tar', 'name', 'file'],
  ['export-raw', 'name', '-'],
  ['export-oci', 'name'],
  ['export-oci', 'name', 'file'],
  ['list-transfer'],
  ['list-transfer'],
  ['list-transfers'],
  ['list'],
  [],
  ['cancel-transfer', '1'],
  ['cancel-transfer', '1', '2', '3'],
  ['list-images'],
];

const options: [option: string[], setting: object][] = [
  [['--read-only'], { readOnly: true }],
  [['--verify=no'], { verify: 'no' }],
  [['--verify=checksum'], { verify: 'checksum' }],
  [['--verify=signature'], { verify: 'signature' }],
  [['--verify', 'no'], { verify: 'no' }],
  [['--force'], { force: true }],
  [['--format=uncompressed'], { format: 'uncompressed' }],
  [['--format=xz'], { format: 'xz' }],
  [['--format=gzip'], { format: 'gzip' }],
  [['--format=zst'], { format: 'zstd' }],
  [['--format=zstd'], { format: 'zstd' }],
  [['--format=bzip2'], { format: 'bzip2' }],
  [['-q'], { quiet: true }],
  [['--quiet'], { quiet: true }],
  [['-H', 'user@host:22/container'], { host: parseHost('user@host:22/container') }],
  [['--host=[::1]'], { host: parseHost('[::1]') }],
  [['-M', 'container'], { machine: parseMachine('container') }],
  [['--machine=user@container'], { machine: parseMachine('user@container') }],
  [['--class=machine'], { class: 'machine' }],
  [['--class=portable'], { class: 'portable' }],
  [['--class=sysext'], { class: 'sysext' }],
  [['--class=confext'], { class: 'confext' }],
  [['-m'], { class: 'machine' }],
  [['-P'], { class: 'portable' }],
  [['-S'], { class: 'sysext' }],
  [['-C'], { class: 'confext' }],
  [['--keep-download=yes'], { keepDownload: true }],
  [['--keep-download=0'], { keepDownload: false }],
  [['-N'], { keepDownload: false }],
  [['-mN'], { class: 'machine', keepDownload: false }],
  [['--json=short'], { json: 'short' }],
  [['--json=pretty'], { json: 'pretty' }],
  [['--json=off'], { json: 'off' }],
  [['-j'], { json: 'short' }],
  [['--no-pager'], { pager: false }],
  [['--no-legend'], { legend: false }],
  [['--no-ask-password'], { askPassword: false }],
  [['--system'], { scope: 'system' }],
  [['--user'], { scope: 'user' }],
  [['--user', '--system'], { scope: 'system' }],
];

/** What the options come to. */
function settingsOf(argv: string[]): object {
  const request = readRequest(argv, 'importctl');
  assert.ok(request.kind === 'command');
  return readSettings(request.options, fakeProcessContext());
}

for (const [option, setting] of options) {
  test(`${option.join(' ')} before and after each verb of the manual page`, () => {
    for (const verb of verbs) {
      for (const argv of [
        [...option, ...verb],
        [...verb, ...option],
      ]) {
        const settings = settingsOf(argv);
        assert.deepEqual({ ...settings, ...setting }, settings, argv.join(' '));
      }
    }
  });
}

for (const argv of [['-h'], ['--help'], ['--version'], ['help']]) {
  test(`${argv} answers with status 0 on standard output`, async () => {
    const context = fakeProcessContext();
    assert.equal(await run(argv, context), 0);
    assert.notEqual(context.written.stdout, '');
    assert.equal(context.written.stderr, '');
  });
}

test('help fits 80 columns, names every verb, and is that of the name it was called by', async () => {
  for (const programName of ['ferryctl', 'importctl'] as const) {
    const context = fakeProcessContext({ programName });
    await run(['--help'], context);
    const lines = context.written.stdout.split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
    assert.equal(lines[0], `${programName} [OPTION…] COMMAND …`);
    for (const [verb] of verbs) assert.ok(context.written.stdout.includes(verb ?? 'list-transfers'), verb);
  }
});
