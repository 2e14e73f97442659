import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { digestOf } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { like, lineLike } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { imageIsReadyIn, isCopyOf } from '../../support/texts/client.js';
import { waitUntil } from '../../support/wait.js';
import { remote } from './remote.js';
import { curiousTree } from './trees.js';

/** 64 MiB with data in three places. */
function writeDisk(path: string): void {
  const disk = openSync(path, 'w');
  for (const offset of [0, 20_000_000, 64 * 1024 * 1024 - 4096])
    writeSync(disk, Buffer.alloc(4096, `${offset}.`), 0, 4096, offset);
  closeSync(disk);
}

test('a disk goes there and comes back, holes and all', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  writeDisk(there.file('disk.raw'));
  const imported = await there.ferryctl(['import-raw', there.file('disk.raw')]);
  assert.equal(imported.status, 0, imported.stderr);
  assert.match(imported.stderr, lineLike`^${imageIsReadyIn('disk')} .*\/disk\.raw\.$`);
  const image = join(there.ferry.imageRoot, 'disk.raw');
  assert.equal(digestOf(image), digestOf(there.file('disk.raw')));
  assert.ok(statSync(image).blocks * 512 < 1 << 20, 'the holes stay holes there');
  const exported = await there.ferryctl(['export-raw', 'disk', there.file('back.raw')]);
  assert.equal(exported.status, 0, exported.stderr);
  assert.equal(digestOf(there.file('back.raw')), digestOf(image));
  assert.ok(statSync(there.file('back.raw')).blocks * 512 < 1 << 20, 'the holes stay holes here');
  assert.deepEqual(there.ssh.commands(), ['bridge', 'bridge', 'bridge', 'bridge']);
});

test('a compressed export is what its name says', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  writeDisk(there.file('disk.raw'));
  assert.equal((await there.ferryctl(['import-raw', there.file('disk.raw')])).status, 0);
  const exported = await there.ferryctl(['export-raw', 'disk', there.file('disk.gz')]);
  assert.equal(exported.status, 0, exported.stderr);
  run('gzip', ['--test', there.file('disk.gz')]);
  assert.equal((await there.ferryctl(['import-raw', there.file('disk.gz'), 'again'])).status, 0);
  assert.equal(digestOf(join(there.ferry.imageRoot, 'again.raw')), digestOf(there.file('disk.raw')));
});

test('standard input goes there, and standard output comes from there', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const bytes = Buffer.alloc(3_000_001, 'some bytes of a disk ');
  const imported = await there.ferryctl(['import-raw', '-', 'piped'], bytes);
  assert.equal(imported.status, 0, imported.stderr);
  assert.deepEqual(readFileSync(join(there.ferry.imageRoot, 'piped.raw')), bytes);
  const exported = await there.ferryctl(['export-raw', 'piped']);
  assert.equal(exported.status, 0, exported.stderr);
  assert.deepEqual(exported.stdout, bytes);
});

test('a tree goes there as a directory, comes back as an archive and goes there again', async (t) => {
  const there = await remote(t);
  if (there === undefined || !needs(t, { programs: ['setfacl', 'setfattr'] })) return;
  const source = there.file('source');
  curiousTree(source);
  const imported = await there.ferryctl(['import-fs', source, 'tree']);
  assert.equal(imported.status, 0, imported.stderr);
  assert.deepEqual(compareTrees(source, join(there.ferry.imageRoot, 'tree'), { holes: true }), []);
  const exported = await there.ferryctl(['export-tar', 'tree', there.file('tree.tar.zst')]);
  assert.equal(exported.status, 0, exported.stderr);
  const again = await there.ferryctl(['import-tar', there.file('tree.tar.zst'), 'again']);
  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(compareTrees(source, join(there.ferry.imageRoot, 'again'), { holes: true }), []);
  assert.deepEqual(there.ferry.images(), ['again', 'tree']);
});

test('a tree there becomes the same OCI image here as one on this host', async (t) => {
  const there = await remote(t);
  if (there === undefined || !needs(t, { programs: ['setfacl', 'setfattr'] })) return;
  const source = there.file('source');
  curiousTree(source);
  assert.equal((await there.ferryctl(['import-fs', source, 'tree'])).status, 0);
  for (const format of ['gzip', 'zstd']) {
    const away: string = there.file('away.oci');
    const here: string = there.file('here.oci');
    const exported = await there.ferryctl(['export-oci', `--format=${format}`, 'tree', away]);
    assert.equal(exported.status, 0, exported.stderr);
    assert.equal((await there.ferry.ferryctl(['export-oci', `--format=${format}`, 'tree', here])).status, 0);
    assert.equal(digestOf(away), digestOf(here));
  }
});

test('the verbs on images work there', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  assert.equal((await there.ferryctl(['import-raw', '-', 'one'], Buffer.from('one'))).status, 0);
  const verified = await there.ferryctl(['verify', 'one']);
  assert.match(verified.stdout.toString(), /^one: cannot be verified\n/, verified.stderr);
  assert.equal(verified.status, 16);
  const steps: [parameters: string[], message: RegExp][] = [
    [['clone-image', 'one', 'two'], like`^${isCopyOf('two')} one\.\n$`],
    [['rename-image', 'two', 'three'], /^Image two is now three\.\n$/],
    [['read-only-image', 'three'], /^Image three is read-only\.\n$/],
    [['read-only-image', 'three', 'no'], /^Image three is writable\.\n$/],
    [['remove-image', 'three'], /^Image three removed\.\n$/],
    [['clean'], /^$/],
    [['list-transfers'], /^$/],
  ];
  for (const [parameters, message] of steps) {
    const { status, stderr } = await there.ferryctl(parameters);
    assert.match(stderr, message, parameters.join(' '));
    assert.equal(status, 0, parameters.join(' '));
  }
  const { stdout } = await there.ferryctl(['--json=short', 'list-images']);
  assert.deepEqual(
    JSON.parse(String(stdout)).map(({ name }: { name: string }) => name),
    ['one'],
  );
});

test('failures there are told as those here', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  assert.equal((await there.ferryctl(['import-raw', '-', 'one'], Buffer.from('one'))).status, 0);
  const table: [parameters: string[], message: RegExp, status: number][] = [
    [['import-raw', '-', 'one'], /^Failed to import image 'one': .*(exists|is there) already/m, 4],
    [['import-tar', '-', 'tree'], /^Failed to import image 'tree': .*tar/m, 11],
    [['export-raw', 'onne', there.file('x')], /^Failed to export image 'onne': .*Did you mean one\?$/m, 3],
    [['cancel-transfer', '77'], /^Failed to cancel transfer 77: /m, 3],
    [['remove-image', 'none'], /^Failed to remove image 'none': /m, 3],
    [['import-fs', there.file('authorized'), 'x'], /Cannot open '.*authorized': it is not a dir/, 2],
  ];
  for (const [parameters, message, expected] of table) {
    const { status, stderr } = await there.ferryctl(parameters, Buffer.alloc(100_000, 'no archive'));
    assert.match(stderr, message);
    assert.equal(status, expected);
  }
  assert.deepEqual(there.ferry.images(), ['one.raw']);
  assert.ok(!existsSync(there.file('x')));
});

test('a pull runs there', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  writeFileSync(there.file('local.raw'), 'a disk');
  const { status, stderr } = await there.ferryctl([
    '-N',
    '--verify=no',
    'pull-raw',
    `file://${there.file('local.raw')}`,
  ]);
  assert.equal(status, 0, stderr);
  assert.match(stderr, lineLike`^${imageIsReadyIn('local')} `);
});

test('transfers there are watched from here', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const importing = there.start(['import-raw', '-', 'held'], { open: true });
  importing.child.stdin?.write(Buffer.alloc(300_000, 'a disk'));
  const watching = there.start(['list-transfers', '--watch', '--json=short']);
  let shown = '';
  watching.child.stdout?.on('data', (data: Buffer) => {
    shown += data;
  });
  await waitUntil(() => /"id":1,.*"local":"held"/.test(shown));
  importing.child.stdin?.end();
  assert.equal((await importing.ended).status, 0);
  await waitUntil(() => /"id":1,.*"phase":"finished".*"bytes":300000/.test(shown));
  watching.child.kill('SIGINT');
  const { status, stderr } = await watching.ended;
  assert.deepEqual([status, stderr], [0, '']);
});
