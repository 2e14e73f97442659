import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attempt, run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { projectFile, projectRoot } from '../../support/project.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Makes packages of a kind as a builder does, with settings of his own, and returns the directory that they are in. */
function build(t: TestContext, kind: string, settings: Readonly<Record<string, string>>, umask: string): string {
  const directory = temporaryDirectory(t);
  const output = directory.file('output');
  const script = `umask ${umask}; cd "$1"; exec node build/tools/package/main.js --output="$2" ${kind}`;
  const environment = { TMPDIR: directory.path, HOME: directory.path, SOURCE_DATE_EPOCH: '1700000000', ...settings };
  run('sh', ['-c', script, 'sh', projectRoot, output], { environment });
  return output;
}

function filesOf(directory: string): [name: string, bytes: string][] {
  return readdirSync(directory)
    .sort()
    .map((name) => [name, readFileSync(join(directory, name)).toString('base64')]);
}

for (const [kind, programs, judge] of [
  ['deb', ['dpkg-buildpackage', 'dh', 'lintian'], ['lintian', '--allow-root', '--fail-on=error,warning,info']],
  ['rpm', ['rpmbuild', 'rpmlint'], ['rpmlint', `--config=${projectFile('packaging/rpmlint.toml')}`]],
] as const) {
  test(`two builders make the same ${kind} packages, byte for byte, and nothing is found wrong with them`, (t) => {
    if (!needsProduct(t) || !needs(t, { programs })) return;
    const first = build(t, kind, { TZ: 'UTC', LANG: 'C' }, '022');
    const second = build(t, kind, { TZ: 'Asia/Tokyo', LANG: 'C.UTF-8' }, '077');
    assert.deepEqual(readdirSync(first).sort(), readdirSync(second).sort());
    assert.ok(readdirSync(first).length > 0);
    for (const [index, [name, bytes]] of filesOf(first).entries())
      assert.equal(filesOf(second)[index]?.[1] === bytes, true, `${name} differs`);
    const [program, ...options] = judge;
    const { status, stdout, stderr } = attempt(program, [
      ...options,
      ...readdirSync(first).map((name) => join(first, name)),
    ]);
    assert.equal(status, 0, stdout + stderr);
  });
}

test('the Debian package has the licence of all that is in it, and nothing for other hosts or for debugging', (t) => {
  if (!needsProduct(t) || !needs(t, { programs: ['dpkg-buildpackage', 'dh'] })) return;
  const output = build(t, 'deb', {}, '022');
  const root = temporaryDirectory(t).path;
  const name = readdirSync(output).find((each) => /^ferry_/.test(each)) ?? '';
  run('dpkg-deb', ['--extract', join(output, name), root]);
  const paths = run('find', [root, '-type', 'f', '-printf', '%P\\n']).split('\n');
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
