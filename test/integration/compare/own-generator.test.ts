/** Ferry's own generator: a boot where systemd-import-generator makes no units, or none for container images. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attempt, shell } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';
import { needsTheirGenerator } from '../../support/texts/client.js';
import { setOciScene, smallImage } from '../oci/scene.js';

interface Boot {
  /** Whether systemd has a generator too. */
  readonly besideSystemd: boolean;
  readonly commandLine: readonly string[];
  readonly credential?: string;
  readonly node?: string;
}

/** Runs the generator as install.sh installs it, with what the boot has. */
function generate(
  directory: TemporaryDirectory,
  { besideSystemd, commandLine, credential, node = process.execPath }: Boot,
) {
  const [generators, units, credentials] = ['generators', 'units', 'credentials'].map((name) =>
    directory.file(name),
  ) as [string, string, string];
  for (const path of [generators, units, credentials]) mkdirSync(path);
  const program = directory.file('ferry-import-generator');
  const source = readFileSync(projectFile('units', 'ferry-import-generator'), 'utf8');
  writeFileSync(program, source.replace('@NODE@', node).replace('@LIBDIR@', projectFile('dist')));
  if (besideSystemd) writeFileSync(join(generators, 'systemd-import-generator'), '');
  if (credential !== undefined) writeFileSync(join(credentials, 'import.pull'), credential);
  const script = 'mount --bind "$1" /usr/lib/systemd/system-generators; exec sh "$2" "$3" "$3" "$3"';
  const outcome = attempt('unshare', ['--mount', 'sh', '-ec', script, 'sh', generators, program, units], {
    environment: {
      SYSTEMD_PROC_CMDLINE: commandLine.join(' '),
      SYSTEMD_IN_INITRD: '0',
      SYSTEMD_SCOPE: undefined,
      CREDENTIALS_DIRECTORY: credentials,
    },
  });
  assert.equal(outcome.status, 0, outcome.stderr);
  const names = readdirSync(units).filter((name) => name.endsWith('.service'));
  return { outcome, units, texts: names.map((name) => readFileSync(join(units, name), 'utf8')) };
}

/** The arguments of ferryctl in the unit; none of those here are quoted. */
function argumentsOf(unit: string): string[] {
  const [, words = ''] = /^ExecStart=:\/usr\/bin\/ferryctl --system (.*)$/m.exec(unit) ?? [];
  return words.split(' ');
}

function ready(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { root: true, features: ['mount'] });
}

test('a container image comes with the boot, beside the generator of systemd', async (t) => {
  if (!ready(t)) return;
  const { host, registry } = await setOciScene(t);
  const reference = `${registry.push('small', smallImage().image, '1')}:1`;
  const { texts } = generate(temporaryDirectory(t), {
    besideSystemd: true,
    commandLine: ['systemd.pull=tar,machine::http://127.0.0.1:1/x.tar', `systemd.pull=oci,machine,ro:app:${reference}`],
  });
  assert.equal(texts.length, 1);
  const { status, stderr } = await host.ferryctl(argumentsOf(texts[0] ?? ''));
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(host.imageRoot, 'app', 'etc/os-release'), 'utf8'), 'ID=small\n');
});

test('where systemd has no generator, archives and disks come too, by command line and credential', async (t) => {
  if (!ready(t) || !needsNginx(t)) return;
  const { host } = await setOciScene(t);
  const directory = temporaryDirectory(t);
  const { path } = makeRelease(directory.path);
  const server = await nginx(t, path);
  const { texts } = generate(directory, {
    besideSystemd: false,
    commandLine: [`systemd.pull=tar,machine,verify=checksum:booted:${server.url}/tiny.tar`],
    credential: `# a disk\nraw,machine,verify=no,ro::${server.url}/tiny.raw\n`,
  });
  assert.equal(texts.length, 2);
  for (const text of texts) {
    const { status, stderr } = await host.ferryctl(argumentsOf(text));
    assert.equal(status, 0, stderr);
  }
  assert.deepEqual(host.images(), ['booted', 'tiny.raw']);
});

test('systemd takes the units as they are', (t) => {
  if (!ready(t) || !needs(t, { programs: ['systemd-analyze'] })) return;
  const { units } = generate(temporaryDirectory(t), {
    besideSystemd: false,
    commandLine: [
      'systemd.pull="tar,sysext,runtime=yes:a b:https://h/%41?x=$y\\z"',
      'systemd.pull.success_action=reboot',
      'systemd.pull.failure_action=poweroff-force',
    ],
  });
  const stub = join(units, 'ferry.socket');
  writeFileSync(stub, '[Socket]\nListenStream=/run/ferry/x\nService=ferry-import-0.service\n');
  const said = shell('systemd-analyze verify --man=no "$1/ferry-import-0.service" 2>&1 || true', [units]);
  const ofOurs = String(said)
    .split('\n')
    .filter((line) => line.includes('ferry-import') && !line.includes('/usr/bin/ferryctl'));
  assert.deepEqual(ofOurs, []);
});

test('what makes no sense is told, and a boot that pulls nothing starts no node', (t) => {
  if (!ready(t)) return;
  const { outcome, texts } = generate(temporaryDirectory(t), {
    besideSystemd: false,
    commandLine: ['systemd.pull=raw,machine,blockdev::http://h/x.raw'],
  });
  assert.equal(
    outcome.stderr,
    `ferry-import-generator: Cannot pull 'raw,machine,blockdev::http://h/x.raw': ${needsTheirGenerator('blockdev')}\n`,
  );
  assert.deepEqual(texts, []);
  const quiet = generate(temporaryDirectory(t), { besideSystemd: false, commandLine: ['quiet'], node: '/nowhere' });
  assert.equal(quiet.outcome.stderr, '');
  assert.deepEqual(readdirSync(quiet.units), []);
});
