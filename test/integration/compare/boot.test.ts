/** What systemd-import-generator makes of systemd.pull= and of the credential import.pull, sent to Ferry as its units send it. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attempt, type Outcome } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { needsPeer, peer } from '../../support/peer/peer.js';
import { projectFile } from '../../support/project.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';

const generator = '/usr/lib/systemd/system-generators/systemd-import-generator';
const peerProgram = projectFile('test', 'peer', 'peer');
const importSocket = '/run/systemd/io.systemd.Import';

interface Generated {
  readonly outcome: Outcome;
  /** The texts of the services, by name. */
  readonly units: ReadonlyMap<string, string>;
  /** What imports.target wants. */
  readonly wanted: readonly string[];
}

interface Boot {
  readonly commandLine?: readonly string[];
  readonly credential?: readonly string[];
  readonly inInitrd?: boolean;
  /** The URL that the boot loader came from. */
  readonly origin?: string;
}

// Where there are no EFI variables, one is put there for the generator alone.
const withOrigin = `
  mount -t tmpfs firmware /sys/firmware
  mkdir -p /sys/firmware/efi/efivars
  cat >/sys/firmware/efi/efivars/StubDeviceURL-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
  exec "$@"`;

/** Four bytes of attributes, then UTF-16. */
function efiVariable(text: string): Buffer {
  return Buffer.concat([Buffer.from([7, 0, 0, 0]), Buffer.from(`${text}\0`, 'utf16le')]);
}

function generate(directory: TemporaryDirectory, boot: Boot) {
  const { commandLine = [], credential = [], inInitrd = false, origin } = boot;
  const [units, early, late, credentials] = ['normal', 'early', 'late', 'credentials'].map((name) => {
    const path = directory.file(`${name}-${readdirSync(directory.path).length}`);
    mkdirSync(path);
    return path;
  }) as [string, string, string, string];
  writeFileSync(join(credentials, 'import.pull'), credential.map((line) => `${line}\n`).join(''));
  const variables = [
    `SYSTEMD_PROC_CMDLINE=${commandLine.join(' ')}`,
    `SYSTEMD_IN_INITRD=${inInitrd ? 1 : 0}`,
    `CREDENTIALS_DIRECTORY=${credentials}`,
    'SYSTEMD_LOG_TARGET=console',
  ];
  const command = ['env', ...variables, generator, units, early, late];
  const outcome =
    origin === undefined
      ? peer('exec', ...command)
      : attempt('unshare', ['--mount', 'sh', '-ec', withOrigin, 'sh', peerProgram, 'exec', ...command], {
          input: efiVariable(origin),
        });
  const names = readdirSync(units).filter((name) => name.endsWith('.service'));
  return {
    outcome,
    units: new Map(names.map((name) => [name, readFileSync(join(units, name), 'utf8')])),
    wanted: names.length === 0 ? [] : readdirSync(join(units, 'imports.target.wants')),
  } satisfies Generated;
}

/** Runs the command of a unit, on another socket. */
function start(unit: string, host: FerryHost): Outcome {
  const [, command = ''] = /^ExecStart=:(varlinkctl .*)$/m.exec(unit) ?? [];
  assert.ok(command.includes(` ${importSocket} io.systemd.Import.Pull '`), unit);
  // systemd.unit(5): only the specifiers are escaped.
  return peer('exec', 'sh', '-c', command.replaceAll('%%', '%').replace(importSocket, host.socket));
}

/** A service in whose mount namespace /run and the directories of the classes are below this one. */
async function machine(t: TestContext, directory: TemporaryDirectory, environment: Record<string, string> = {}) {
  const script = `
    for name in machines portables extensions confexts; do
      mkdir -p "$0/var/lib/$name" "/var/lib/$name"
      mount --bind "$0/var/lib/$name" "/var/lib/$name"
    done
    mkdir -p "$0/run"
    mount --bind "$0/run" /run
    exec "$@"`;
  const through = ['unshare', '--mount', 'sh', '-ec', script, directory.file('machine')];
  mkdirSync(directory.file('machine'));
  return ferryHost(t, { through, environment });
}

function ready(t: TestContext): boolean {
  return needsProduct(t) && needsNginx(t) && needsPeer(t) && needs(t, { root: true, programs: ['gpg', 'unshare'] });
}

/** A server with a signed release, its keyring, and a machine that trusts it. */
async function setScene(t: TestContext) {
  const directory = temporaryDirectory(t);
  const { path } = makeRelease(directory.path);
  const keys = new KeyRoom();
  t.after(() => keys[Symbol.dispose]());
  const key = keys.createKey('boot@ferry.invalid');
  writeFileSync(join(path, 'SHA256SUMS.gpg'), keys.sign(key, readFileSync(join(path, 'SHA256SUMS'))));
  writeFileSync(directory.file('keyring'), keys.export([key]));
  const server = await nginx(t, path);
  const host = await machine(t, directory, { SYSTEMD_OPENPGP_KEYRING: directory.file('keyring') });
  return {
    directory,
    url: server.url,
    path,
    host,
    inMachine: (...parts: string[]) => directory.file('machine', ...parts),
  };
}

test('every option of systemd-import-generator reaches Ferry', async (t) => {
  if (!ready(t)) return;
  const { directory, url, path, host, inMachine } = await setScene(t);
  // The option string and name, the file, and where the image has to be.
  const rows: [options: string, file: string, image: string][] = [
    ['machine,tar,verify=no:booted', 'tiny.tar', 'var/lib/machines/booted'],
    ['portable,raw,verify=checksum,ro:', 'tiny.raw', 'var/lib/portables/tiny.raw'],
    ['sysext,raw,rw,verify=signature:extension', 'tiny.raw.gz', 'var/lib/extensions/extension.raw'],
    ['tar,confext:', 'tiny.tar.gz', 'var/lib/confexts/tiny'],
    ['machine,raw,verify=no,runtime=yes:passing', 'tiny.raw', 'run/machines/passing.raw'],
    ['sysext,tar,verify=no,runtime=yes:passing', 'tiny.tar', 'run/extensions/passing'],
    ['machine,raw,verify=no,blockdev:disk', 'tiny.raw', 'var/lib/machines/disk.raw'],
    ['machine,tar,verify=no,unknown-option:percent%41', 'tiny.tar?a=%41', 'var/lib/machines/percent%41'],
  ];
  const expressions = rows.map(([options, file]) => `${options}:${url}/${file}`);
  // Each of them in one of the two places.
  const { outcome, units, wanted } = generate(directory, {
    commandLine: expressions.slice(0, 4).map((expression) => `systemd.pull=${expression}`),
    credential: ['# a comment', ...expressions.slice(4)],
  });
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.equal(units.size, rows.length);
  for (const unit of units.values()) {
    const { status, stdout, stderr } = start(unit, host);
    assert.equal(status, 0, `${unit}${stdout}${stderr}`);
  }
  for (const [, file, image] of rows) {
    if (image.endsWith('.raw'))
      assert.deepEqual(readFileSync(inMachine(image)), readFileSync(join(path, 'tiny.raw')), file);
    else assert.equal(readFileSync(inMachine(image, 'etc/os-release'), 'utf8'), 'ID=tiny\nVERSION_ID=first\n', file);
  }
  assert.equal(statSync(inMachine('var/lib/portables/tiny.raw')).mode & 0o222, 0);
  assert.notEqual(statSync(inMachine('var/lib/extensions/extension.raw')).mode & 0o200, 0);
  // No call asks for a pristine download to be kept.
  assert.deepEqual(readdirSync(inMachine('var/lib/confexts')), ['tiny']);
  assert.ok(wanted.includes('systemd-loop@var-lib-machines-disk.raw.service'), wanted.join(' '));
});

test('what is not verified, or is there already, fails the unit', async (t) => {
  if (!ready(t)) return;
  const { directory, url, path, host, inMachine } = await setScene(t);
  writeFileSync(join(path, 'other.raw'), 'not in the list');
  const { units } = generate(directory, {
    commandLine: [
      `systemd.pull=machine,raw,verify=checksum:other:${url}/other.raw`,
      `systemd.pull=machine,raw:again:${url}/tiny.raw`,
    ],
  });
  const [again = '', other = ''] = [...units].sort(([a], [b]) => a.localeCompare(b)).map(([, text]) => text);
  assert.equal(start(other, host).status, 1);
  assert.equal(start(again, host).status, 0);
  assert.equal(start(again, host).status, 1);
  assert.deepEqual(readdirSync(inMachine('var/lib/machines')), ['again.raw']);
});

test('an initrd is told by rd.systemd.pull=, and keeps images in /run', async (t) => {
  if (!ready(t)) return;
  const { directory, url, host, inMachine } = await setScene(t);
  const commandLine = [
    `systemd.pull=machine,raw,verify=no:later:${url}/tiny.raw`,
    `rd.systemd.pull=machine,raw,verify=no,blockdev:root:${url}/tiny.raw`,
  ];
  const { units, wanted } = generate(directory, { commandLine, inInitrd: true });
  const [unit = '', more] = [...units.values()];
  assert.equal(more, undefined);
  assert.ok(wanted.includes('systemd-loop@run-machines-root.raw.service'), wanted.join(' '));
  assert.equal(start(unit, host).status, 0);
  assert.deepEqual(readdirSync(inMachine('run/machines')), ['root.raw']);
});

test('bootorigin names a file beside the one that was booted', async (t) => {
  if (!ready(t)) return;
  const { directory, url, host, inMachine } = await setScene(t);
  const { outcome, units } = generate(directory, {
    commandLine: ['systemd.pull=bootorigin,machine,raw,verify=checksum:beside:tiny.raw'],
    origin: `${url}/boot.efi`,
  });
  const [unit = ''] = [...units.values()];
  assert.match(unit, /^Description=Download of http:.*\/tiny\.raw$/m, outcome.stderr);
  assert.equal(start(unit, host).status, 0);
  assert.deepEqual(readdirSync(inMachine('var/lib/machines')), ['beside.raw']);
});

// What the generator of systemd 257 makes: it knows neither runtime= nor blockdev, and names no directory.
test('the calls of systemd 257 work too', async (t) => {
  if (!ready(t)) return;
  const { url, host, inMachine } = await setScene(t);
  const calls: [call: object, image: string][] = [
    [{ local: 'booted', class: 'machine', type: 'tar', readOnly: false, verify: 'no' }, 'machines/booted'],
    [{ class: 'sysext', type: 'tar', readOnly: true, verify: 'checksum' }, 'extensions/tiny'],
    [{ local: 'signed', class: 'confext', type: 'tar', readOnly: false, verify: 'signature' }, 'confexts/signed'],
    [{ class: 'portable', type: 'tar', readOnly: false, verify: 'signature' }, 'portables/tiny'],
  ];
  for (const [call, image] of calls) {
    const text = JSON.stringify({ remote: `${url}/tiny.tar`, ...call });
    const unit = `ExecStart=:varlinkctl call -q --more ${importSocket} io.systemd.Import.Pull '${text}'`;
    const { status, stderr } = start(unit, host);
    assert.equal(status, 0, stderr);
    assert.match(readFileSync(inMachine('var/lib', image, 'etc/os-release'), 'utf8'), /^ID=tiny$/m);
  }
});

test('systemd-import-generator makes no unit for a container image', (t) => {
  if (!ready(t)) return;
  const directory = temporaryDirectory(t);
  const { outcome, units } = generate(directory, {
    commandLine: ['systemd.pull=oci,machine:app:registry.example.com/app:1'],
  });
  assert.equal(outcome.status, 0);
  assert.match(outcome.stderr, /Not a valid URL, refusing: registry\.example\.com\/app:1/);
  assert.equal(units.size, 0);
  // As a URL it makes the generator abort, so that the other image does not come either (docs/replace-importd.md).
  const aborted = generate(directory, {
    commandLine: [
      'systemd.pull=oci,machine:app:https://registry.example.com/app:1',
      'systemd.pull=tar,machine:other:https://example.com/other.tar',
    ],
  });
  assert.notEqual(aborted.outcome.status, 0);
  assert.equal(aborted.units.size, 0);
});
