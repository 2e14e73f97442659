/** What the kernel cannot store is a counted loss, whoever runs the service. */

import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listAttributes } from '../../../linux/attributes.js';
import { archive, directory, entry, file, pax, symbolicLink } from '../../corpus/tar.js';
import { attempt, run } from '../../support/command.js';
import { like } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { type FerryHost, ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { imageIsReadyIn } from '../../support/texts/client.js';
import { attributesAndAcls, cannotStoreAsStrict, cannotStoreExactly } from '../../support/texts/transfers.js';

const tree = [directory('etc'), file('etc/os-release', 'ID=x\n')];
const attribute = (name: string, value: string) => pax([[name, value]]);
/** A capability of a file in the kernel's form: cap_net_raw. */
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex').toString('latin1');

interface Outcome {
  status: number | null;
  stderr: string;
  losses: unknown;
}

async function importTar(host: FerryHost, bytes: Buffer, ...options: string[]): Promise<Outcome> {
  const path = join(host.home, 'archive.tar');
  writeFileSync(path, bytes);
  const { status, stdout, stderr } = await host.ferryctl(['--json=short', 'import-tar', '-m', ...options, path, 'x']);
  return { status, stderr, losses: stdout === '' ? undefined : JSON.parse(stdout).losses };
}

const foreign: [name: string, part: Buffer, example: string][] = [
  ['macOS', attribute('LIBARCHIVE.xattr.com.apple.provenance', 'AQIA'), "com.apple.provenance of 'a'"],
  [
    'Docker Desktop',
    attribute('SCHILY.xattr.com.docker.grpcfuse.ownership', '{}'),
    "com.docker.grpcfuse.ownership of 'a'",
  ],
  ['NFS', attribute('SCHILY.xattr.system.nfs4_acl', '\0\0\0\0'), "system.nfs4_acl of 'a'"],
  ['more than 64 KiB', attribute('SCHILY.xattr.user.large', 'x'.repeat(70_000)), "user.large of 'a'"],
  ['a capability that is none', attribute('SCHILY.xattr.security.capability', 'x'), "security.capability of 'a'"],
  ['an ACL that is none', attribute('SCHILY.xattr.system.posix_acl_access', 'x'), "system.posix_acl_access of 'a'"],
  ['an ACL that cannot be read', attribute('SCHILY.acl.access', 'everyone@:r:allow'), "ACL of 'a'"],
  ['an ACL of NFSv4', attribute('SCHILY.acl.ace', 'owner@:rwxp--aARWcCos:-------:allow'), "ACL of 'a'"],
];

test('attributes that no Linux file system can hold are left out for root too, and --strict refuses them', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  const host = await ferryHost(t);
  for (const [name, part, example] of foreign) {
    const bytes = archive(...tree, part, file('a', 'x'));
    const { status, stderr, losses } = await importTar(host, bytes);
    assert.equal(status, 0, `${name}: ${stderr}`);
    assert.deepEqual(losses, [{ kind: 'attributes', count: 1, examples: [example] }], name);
    const warning = `${cannotStoreExactly('1 file')} 1 extended attribute or ACL (${example})`;
    assert.ok(stderr.includes(warning), stderr);
    assert.match(stderr, like`${imageIsReadyIn('x')} .* \(1 file not stored exactly\)\.`);
    assert.equal(readFileSync(join(host.imageRoot, 'x', 'a'), 'latin1'), 'x');
    assert.deepEqual(listAttributes(join(host.imageRoot, 'x', 'a')), []);
    const strict = await importTar(host, bytes, '--strict', '--force');
    assert.equal(strict.status, 17, name);
    const refused = cannotStoreAsStrict('1 file', `1 extended attribute or ACL (${example})`);
    assert.ok(strict.stderr.includes(refused), strict.stderr);
    await host.ferryctl(['remove-image', '-m', 'x']);
  }
});

test('the warning counts by kind and names the first three of each', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  const host = await ferryHost(t);
  const apple = attribute('SCHILY.xattr.com.apple.quarantine', 'x');
  const { status, stderr } = await importTar(
    host,
    archive(
      ...tree,
      ...['a', 'b', 'c', 'd'].flatMap((name) => [apple, file(name, 'x')]),
      attribute('SCHILY.xattr.user.x', 'x'),
      symbolicLink('l', 'a'),
      entry({ name: 'device', type: '3', major: 70_000, minor: 1 }),
    ),
  );
  assert.equal(status, 0, stderr);
  const what = (name: string) => `com.apple.quarantine of '${name}'`;
  const said =
    `${cannotStoreExactly('6 files')} 5 ${attributesAndAcls} ` +
    `(${what('a')}, ${what('b')}, ${what('c')}, …), 1 device node (device number 70000:1 of 'device')`;
  assert.ok(stderr.includes(said), stderr);
});

test('each attribute that a file loses is counted, and a device without a number is named by itself', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  const host = await ferryHost(t);
  const several = ['one', 'two'].map((name): [string, string] => [`SCHILY.xattr.com.apple.${name}`, 'x']);
  const device = entry({ name: 'device', type: '3', minor: 1, patches: [{ at: 329, bytes: 'zz' }] });
  const bytes = archive(...tree, pax(several), file('a', 'x'), device);
  const { status, stderr, losses } = await importTar(host, bytes);
  assert.equal(status, 0, stderr);
  assert.deepEqual(losses, [
    { kind: 'attributes', count: 2, examples: ["com.apple.one of 'a'", "com.apple.two of 'a'"] },
    { kind: 'numbers', count: 1, examples: ["device number of 'device'"] },
    { kind: 'devices', count: 1, examples: ["'device'"] },
  ]);
  assert.ok(stderr.includes(cannotStoreExactly('2 files')), stderr);
});

const rightless = archive(
  ...tree,
  directory('dev'),
  entry({ name: 'dev/sda', type: '4', major: 8, minor: 0 }),
  entry({ name: 'dev/pipe', type: '6' }),
  attribute('SCHILY.xattr.security.capability', capability),
  file('ping', 'x', { mode: 0o755 }),
  file('owned', 'x', { user: 123_456, group: 7, mode: 0o4755 }),
);

/** Whether the command can be run here, and what then is to be lost. */
const restrictions: [name: string, command: string[], kinds: Record<string, string[]>][] = [
  ['without CAP_MKNOD', ['setpriv', '--bounding-set=-mknod'], { devices: ["'dev/sda'"] }],
  [
    'without CAP_MKNOD and CAP_SETFCAP',
    ['setpriv', '--bounding-set=-mknod,-setfcap'],
    { devices: ["'dev/sda'"], attributes: ["security.capability of 'ping'"] },
  ],
  [
    'as the root of a user namespace',
    ['unshare', '--user', '--map-root-user'],
    { owners: ["'owned'"], modes: ["'owned'"], devices: ["'dev/sda'"] },
  ],
  [
    'without CAP_CHOWN and CAP_FOWNER',
    ['setpriv', '--bounding-set=-chown,-fowner'],
    { owners: ["'owned'"], modes: ["'owned'"] },
  ],
];

for (const [name, through, kinds] of restrictions) {
  test(`root ${name} imports what it can store, from archives and from directories, and is told of the rest`, async (t) => {
    if (!needsProduct(t) || !canRun(t, through)) return;
    const host = await ferryHost(t, { through });
    const { status, stderr, losses } = await importTar(host, rightless);
    assert.equal(status, 0, stderr);
    const expected = Object.entries(kinds).map(([kind, examples]) => ({ kind, count: examples.length, examples }));
    const byKind = (list: unknown) => new Map((Array.isArray(list) ? list : []).map((loss) => [loss.kind, loss]));
    assert.deepEqual(byKind(losses), byKind(expected));
    const image = join(host.imageRoot, 'x');
    assert.equal(readFileSync(join(image, 'owned'), 'latin1'), 'x');
    assert.ok(lstatSync(join(image, 'dev/pipe')).isFIFO());
    assert.equal(lstatSync(join(image, 'owned')).mode & 0o7777, 'owners' in kinds ? 0o755 : 0o4755);
    assert.equal((await importTar(host, rightless, '--strict', '--force')).status, 17);
    // A directory loses the same.
    const source = join(host.home, 'source');
    mkdirSync(source);
    run('tar', [
      '-C',
      source,
      '--numeric-owner',
      '--xattrs',
      '--xattrs-include=*',
      '-xpf',
      join(host.home, 'archive.tar'),
    ]);
    const copied = await host.ferryctl(['--json=short', 'import-fs', '-m', source, 'y']);
    assert.equal(copied.status, 0, copied.stderr);
    const { losses: lost } = JSON.parse(copied.stdout);
    assert.deepEqual([...byKind(lost).keys()].sort(), Object.keys(kinds).sort());
    const strict = await host.ferryctl(['import-fs', '-m', '--strict', source, 'z']);
    assert.match(strict.stderr, /Cannot store \d files? exactly, as --strict requires/);
    rmSync(source, { recursive: true });
  });
}

test('a cached download says what it lacks, and --strict does not take it', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true }) || !needsNginx(t)) return;
  const host = await ferryHost(t);
  const published = temporaryDirectory(t);
  const bytes = archive(...tree, attribute('SCHILY.xattr.com.apple.provenance', 'x'), file('a', 'x'));
  writeFileSync(published.file('archive.tar'), bytes);
  const server = await nginx(t, published.path);
  const url = `${server.url}/archive.tar`;
  const pull = async (...parameters: string[]) => {
    const options = ['--json=short', 'pull-tar', '-m', '--verify=no', ...parameters];
    const { status, stdout, stderr } = await host.ferryctl(options);
    return { status, stderr, result: JSON.parse(stdout || 'null') };
  };
  const first = await pull(url, 'x');
  assert.deepEqual([first.status, first.result?.fromCache, first.result?.lossCount], [0, false, 1]);
  const second = await pull(url, 'y');
  assert.deepEqual([second.status, second.result?.fromCache, second.result?.lossCount], [0, true, 1]);
  assert.deepEqual(second.result?.losses, [{ kind: 'attributes', count: 1, examples: [] }]);
  assert.ok(second.stderr.includes(`${cannotStoreExactly('1 file')} 1 extended attribute or ACL\n`), second.stderr);
  const strict = await pull('--strict', url, 'z');
  assert.equal(strict.status, 17);
  const what = "1 extended attribute or ACL (com.apple.provenance of 'a')";
  assert.ok(strict.stderr.includes(cannotStoreAsStrict('1 file', what)), strict.stderr);
  assert.ok(!host.images().includes('z'));
});

test('without root rights, a single top directory with read-only ones in it becomes the root', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  const user = ferryUser(t, { user: 54321 });
  const path = join(user.home, 'archive.tar');
  const bytes = archive(
    directory('top', { mode: 0o555 }),
    ...['proc', 'closed', 'open'].map((name, index) =>
      directory(`top/${name}`, { mode: [0o555, 0, 0o755][index] ?? 0 }),
    ),
    file('top/proc/inside', 'x'),
    file('top/etc/os-release', 'ID=x\n'),
  );
  writeFileSync(path, bytes);
  const { status, stderr } = await user.ferryctl(['import-tar', '-m', path, 'x']);
  assert.equal(status, 0, stderr);
  const modeOf = (...names: string[]) => lstatSync(join(user.imageRoot, 'x', ...names)).mode & 0o7777;
  assert.deepEqual([modeOf(), modeOf('proc'), modeOf('closed'), modeOf('open')], [0o555, 0o555, 0, 0o755]);
  assert.equal(readFileSync(join(user.imageRoot, 'x', 'proc', 'inside'), 'latin1'), 'x');
});

function canRun(t: TestContext, [program = '', ...parameters]: readonly string[]): boolean {
  if (!needs(t, { root: true, programs: [program, 'setpriv', 'tar'] })) return false;
  if (attempt(program, [...parameters, 'true']).status === 0) return true;
  t.skip(`${program} is refused here`);
  return false;
}
