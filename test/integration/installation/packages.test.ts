import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attempt, run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { makePackages } from './made-packages.js';

for (const [kind, program, options] of [
  ['deb', 'lintian', ['--allow-root', '--fail-on=error,warning,info']],
  ['rpm', 'rpmlint', ['--strict', `--config=${projectFile('packaging/rpmlint.toml')}`]],
] as const) {
  test(`two builders make the same ${kind} packages, byte for byte, and ${program} finds nothing wrong with them`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const first = makePackages(t, kind, { environment: { TZ: 'UTC', LANG: 'C' } });
    const second = makePackages(t, kind, { environment: { TZ: 'Asia/Tokyo', LANG: 'C.UTF-8' }, umask: '077' });
    if (first === undefined || second === undefined) return;
    assert.deepEqual(Object.keys(first).sort(), ['ferry', 'ferry-importd']);
    assert.deepEqual(Object.values(first).map(named), Object.values(second).map(named));
    for (const [name, path] of Object.entries(first))
      assert.ok(readFileSync(path).equals(readFileSync(second[name] ?? '')), `${path} differs`);
    const { status, stdout, stderr } = attempt(program, [...options, ...Object.values(first)]);
    assert.equal(status, 0, stdout + stderr);
  });
}

test('the Debian package has the licence of all that is in it, and nothing for other hosts or for debugging', (t) => {
  const root = extracted(t, makePackages(t, 'deb')?.['ferry']);
  if (root === undefined) return;
  const paths = filesBelow(root);
  assert.deepEqual(
    paths.filter((path) => /\.map$|musl|\.d\.ts$/.test(path)),
    [],
  );
  assert.equal(paths.filter((path) => path.endsWith('.node')).length, 1);
  const service = readFileSync(join(root, 'usr/lib/systemd/system/ferry.service'), 'utf8');
  assert.match(service, /^ExecStart=\/usr\/bin\/node \/usr\/lib\/ferry\/ferryd\.js --system$/m);
  assert.match(service, /^ImportCredential=ferry\.headers$/m);
  assert.match(readFileSync(join(root, 'usr/lib/sysusers.d/ferry.conf'), 'utf8'), /^u ferry-stream /m);
  const copyright = readFileSync(join(root, 'usr/share/doc/ferry/copyright'), 'utf8');
  const maps = ['worker/fetch', 'client/program'].map((each) =>
    readFileSync(projectFile(`dist/${each}.js.map`), 'utf8'),
  );
  const bundled = maps.join('').matchAll(/node_modules\/((@[^/"]+\/)?[^/"]+)\//g);
  const names = new Set([...bundled].map(([, each]) => each ?? ''));
  assert.ok(names.size > 3, [...names].join());
  for (const each of [...names, 'koffi', 'openpgp', 'eckey-utils', 'asn1js'])
    assert.match(copyright, new RegExp(`^${each} \\d\\S*: \\S+\\n=+\\n\\n\\S`, 'm'), each);
});

/** Each architecture with what its native module is called, and the machine that its ELF header names (elf.h). */
const machines = [
  ['amd64', 'x64', 62],
  ['arm64', 'arm64', 183],
] as const;

test('the Debian packages of two architectures differ in their native module alone', (t) => {
  const lists: string[][] = [];
  for (const [architecture, name, machine] of machines) {
    const path = makePackages(t, 'deb', { architecture })?.['ferry'];
    const root = extracted(t, path);
    if (path === undefined || root === undefined) return;
    assert.equal(run('dpkg-deb', ['--field', path, 'Architecture']), `${architecture}\n`);
    const folder = `usr/lib/ferry/node_modules/@koromix/koffi-linux-${name}`;
    const paths = filesBelow(root);
    const native = paths.filter((each) => each.endsWith('.node'));
    assert.deepEqual(native, [`${folder}/linux_${name}/koffi.node`]);
    const header = readFileSync(join(root, native[0] ?? ''));
    assert.deepEqual([header.toString('latin1', 0, 4), header.readUInt16LE(18)], ['\x7fELF', machine]);
    lists.push(paths.filter((each) => !each.includes('@koromix/')));
    assert.ok(paths.every((each) => !each.includes('@koromix/') || each.startsWith(folder)));
  }
  assert.deepEqual(lists[0], lists[1]);
});

function named(path: string): string {
  return basename(path);
}

/** What is in a Debian package. */
function extracted(t: TestContext, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const root = temporaryDirectory(t).path;
  run('dpkg-deb', ['--extract', path, root]);
  assert.ok(existsSync(join(root, 'usr/lib/ferry')));
  return root;
}

function filesBelow(root: string): string[] {
  return run('find', [root, '-type', 'f', '-printf', '%P\\n']).trim().split('\n').sort();
}
