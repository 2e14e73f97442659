import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generate } from '../../../../client/boot/generate.js';
import type { Environment } from '../../../../common/environment.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { noneIsAmong } from '../../../support/texts/client.js';

/** A root with these files, and what the generator makes there. */
function boot(t: TestContext, files: Readonly<Record<string, string>>, environment: Environment = {}) {
  const directory = temporaryDirectory(t);
  const [root, target] = [directory.file('root'), directory.file('target')];
  mkdirSync(root);
  mkdirSync(target);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  const said: string[] = [];
  generate(target, environment, root, (message) => said.push(message));
  const services = readdirSync(target).filter((name) => name.endsWith('.service'));
  const commands = services.map(
    (name) => /^ExecStart=.*ctl --system (.*)$/m.exec(readFileSync(join(target, name), 'utf8'))?.[1],
  );
  const wants = readdirSync(target).filter((name) => name.endsWith('.wants'));
  return { target, said, services, commands, wants };
}

const theirs = 'usr/lib/systemd/system-generators/systemd-import-generator';
const both = 'systemd.pull=tar,machine::http://h/x.tar systemd.pull=oci,machine:app:h/a:1';
const tarCommand = 'pull-tar --class=machine --keep-download=no -- http://h/x.tar';
const ociCommand = 'pull-oci --class=machine -- h/a:1 app';

test("without systemd's generator everything is ours", (t) => {
  const { target, services, commands, wants, said } = boot(t, { 'proc/cmdline': both });
  assert.deepEqual(services, ['ferry-import-0.service', 'ferry-import-1.service']);
  assert.deepEqual(commands, [tarCommand, ociCommand]);
  assert.deepEqual(wants, ['multi-user.target.wants']);
  const links = readdirSync(join(target, 'multi-user.target.wants'));
  assert.deepEqual(links, services);
  assert.equal(readlinkSync(join(target, 'multi-user.target.wants', links[0] ?? '')), `../${links[0]}`);
  assert.deepEqual(said, []);
});

test("beside systemd's generator container images are ours, and its messages are its own", (t) => {
  const { commands, wants, said } = boot(t, {
    [theirs]: '',
    'usr/lib/systemd/system/imports.target': '',
    'proc/cmdline': `${both} systemd.pull=nonsense`,
  });
  assert.deepEqual(commands, [ociCommand]);
  assert.deepEqual(wants, ['imports.target.wants']);
  assert.deepEqual(said, []);
});

test('where the administrator has masked it, we do not take its place', (t) => {
  const { commands } = boot(t, {
    'etc/systemd/system-generators/systemd-import-generator': '-> /dev/null',
    'proc/cmdline': 'systemd.pull=tar,machine::http://h/x.tar',
  });
  assert.deepEqual(commands, []);
});

test('what cannot be understood is told, and the rest goes on', (t) => {
  const { commands, said } = boot(t, { 'proc/cmdline': `systemd.pull=tar::http://h/y ${both}` });
  assert.deepEqual(commands, [tarCommand, ociCommand]);
  assert.equal(said.join(), `Cannot pull 'tar::http://h/y': ${noneIsAmong('machine, portable, sysext, confext')}`);
});

test('the credential is read beside the command line, from where systemd passes it', (t) => {
  const file = { 'run/credentials/@system/import.pull': '# comment\noci,machine:app:h/a:1\n' };
  assert.deepEqual(boot(t, { ...file, 'proc/cmdline': 'quiet' }).commands, [ociCommand]);
  assert.deepEqual(boot(t, file, { CREDENTIALS_DIRECTORY: '/nowhere' }).commands, []);
});

test('in a container the command line is that of its first process', (t) => {
  const files = {
    'proc/cmdline': 'systemd.pull=oci,machine:host:h/a:1',
    'proc/1/cmdline': '/sbin/init\0systemd.pull=oci,machine:app:h/a:1\0',
  };
  assert.deepEqual(boot(t, files, { SYSTEMD_VIRTUALIZATION: 'container:systemd-nspawn' }).commands, [ociCommand]);
});

test('an initrd heeds what begins with rd., and keeps images below /run', (t) => {
  const line = `${both} rd.systemd.pull=oci,machine:app:h/a:1`;
  const environment = { SYSTEMD_PROC_CMDLINE: line, SYSTEMD_IN_INITRD: '1' };
  assert.deepEqual(boot(t, {}, environment).commands, [
    'pull-oci --class=machine --image-root=/run/machines -- h/a:1 app',
  ]);
});
