import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getAttribute, setAttribute } from '../../../linux/attributes.js';
import { type ProvenanceFinding, readProvenance } from '../../../service/images/provenance/provenance.js';
import { openRecord } from '../../../service/images/provenance/record.js';
import { attempt, run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { makeRelease } from '../../support/servers/release.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { Scene } from '../../support/service/scene.js';
import { temporaryDirectory } from '../../support/temporary.js';

const attribute = 'trusted.ferry.provenance';
const disk = Buffer.alloc(300_000, 1);

const keyOf = ({ home }: { readonly home: string }) => readFileSync(join(home, 'state/ferry/provenance.key'));

function told(scene: Scene, name: string): ProvenanceFinding {
  const descriptor = openSync(scene.image(name), 'r');
  try {
    return readProvenance(descriptor, keyOf(scene.host));
  } finally {
    closeSync(descriptor);
  }
}

function assertTold(scene: Scene, name: string, expected: Partial<NonNullable<ProvenanceFinding['provenance']>>): void {
  const { state, provenance } = told(scene, name);
  assert.equal(state, 'known', name);
  for (const [field, value] of Object.entries(expected))
    assert.equal(provenance?.[field as keyof typeof expected], value, `${name}: ${field}`);
}

/** A scene with a server that has a tree, a disk, and checksums of both. */
async function served(t: TestContext, type: 'ext4' | 'btrfs') {
  if (!needs(t, { root: true, programs: ['setfattr', 'tar', 'gzip', 'sha256sum'] })) return undefined;
  const scene = await Scene.open(t, type);
  if (scene === undefined) return undefined;
  const release = makeRelease(scene.place);
  writeFileSync(join(release.path, 'tiny.raw'), disk);
  release.writeSums();
  const server = await GateServer.start(t);
  for (const name of ['tiny.tar', 'tiny.raw', 'SHA256SUMS'])
    server.serve(`/${name}`, readFileSync(join(release.path, name)));
  const sumOf = (name: string) => run('sha256sum', [join(release.path, name)]).slice(0, 64);
  return { scene, release, sumOf, url: `http://127.0.0.1:${server.port}` };
}

for (const type of ['ext4', 'btrfs'] as const) {
  test(`every pulled image says where it came from, how it was verified, and from which pristine download: ${type}`, async (t) => {
    const here = await served(t, type);
    if (here === undefined) return;
    const { scene, url, sumOf } = here;
    for (const [verb, file, form] of [
      ['pull-tar', 'tiny.tar', ''],
      ['pull-raw', 'tiny.raw', '.raw'],
    ] as const) {
      scene.clearImages();
      await scene.succeed(verb, '--verify=checksum', `${url}/${file}`, 'first');
      await scene.succeed(verb, '--verify=checksum', '--read-only', `${url}/${file}`, 'cached');
      await scene.succeed(verb, '--verify=checksum', '--force', `${url}/${file}`, 'first');
      await scene.succeed(verb, '--verify=no', '--keep-download=no', `${url}/${file}`, 'unkept');
      const isPristine = (name: string) => name.startsWith(`.${verb.slice(5)}-`) && !name.endsWith('.proofs');
      const pristine = scene.image(scene.host.images().find(isPristine) ?? '');
      const common = { operation: 'pull', url: `${url}/${file}`, sha256: sumOf(file), uid: 0 } as const;
      for (const name of ['first', 'cached'])
        assertTold(scene, name + form, { ...common, verification: 'checksum', pristine });
      assertTold(scene, `unkept${form}`, { ...common, verifiedAt: undefined });
      const record: unknown = JSON.parse(getAttribute(pristine, 'trusted.ferry.verification')?.toString() ?? '{}');
      assertTold(scene, `cached${form}`, { verifiedAt: (record as { time: number }).time });
      assert.equal(getAttribute(pristine, attribute), undefined);
    }
  });

  test(`imports and clones say so, and records survive new names and flipped marks: ${type}`, async (t) => {
    const here = await served(t, type);
    if (here === undefined) return;
    const { scene, url, release } = here;
    await scene.succeed('import-fs', release.tree, 'fs');
    await scene.succeed('import-tar', join(release.path, 'tiny.tar'), 'tar');
    await scene.succeed('import-raw', join(release.path, 'tiny.raw'), 'raw');
    for (const name of ['fs', 'tar', 'raw.raw']) assertTold(scene, name, { operation: 'import', url: undefined });
    await scene.succeed('pull-tar', '--verify=checksum', `${url}/tiny.tar`, 'tree');
    await scene.succeed('pull-raw', '--verify=checksum', `${url}/tiny.raw`, 'disk');
    for (const [name, form] of [
      ['tree', ''],
      ['disk', '.raw'],
    ] as const) {
      await scene.succeed('clone-image', name, `${name}-clone`);
      await scene.succeed('rename-image', `${name}-clone`, `${name}-renamed`);
      await scene.succeed('read-only-image', `${name}-renamed`, 'yes');
      await scene.succeed('read-only-image', `${name}-renamed`, 'no');
      const expected = { operation: 'clone', clonedFrom: name, verification: 'checksum' } as const;
      assertTold(scene, `${name}-renamed${form}`, { ...expected, url: `${url}/tiny.${form === '' ? 'tar' : 'raw'}` });
    }
    assert.equal(told(scene, 'disk-renamed.raw').changed, 'no');
    assert.equal(told(scene, 'tree-renamed').changed, type === 'btrfs' ? 'no' : 'unknown');
    writeFileSync(scene.image('disk.raw'), 'changed');
    writeFileSync(scene.image('tree/new'), '');
    for (const [name, form] of [
      ['tree', ''],
      ['disk', '.raw'],
    ] as const) {
      assert.equal(told(scene, name + form).changed, 'yes');
      await scene.succeed('clone-image', name, `${name}-late`);
      assert.equal(told(scene, `${name}-late${form}`).changed, 'yes', 'a clone of what was changed');
    }
  });

  test(`a record that a container forged or borrowed is not believed, nor passed on to a clone: ${type}`, async (t) => {
    const here = await served(t, type);
    if (here === undefined) return;
    const { scene, url, release } = here;
    await scene.succeed('pull-tar', '--verify=checksum', `${url}/tiny.tar`, 'good');
    await scene.succeed('import-fs', release.tree, 'evil');
    const borrowed = getAttribute(scene.image('good'), attribute) ?? Buffer.alloc(0);
    const forged = Buffer.from(borrowed.toString().replace('"checksum"', '"signature"'));
    for (const [value, state] of [
      [borrowed, 'copied'],
      [forged, 'forged'],
      [Buffer.from('{"url":"https://example.com/"}'), 'unreadable'],
      [Buffer.alloc(3000, 'x'), 'unreadable'],
    ] as const) {
      setAttribute(scene.image('evil'), attribute, value);
      assert.equal(told(scene, 'evil').state, state);
      await scene.succeed('clone-image', 'evil', `clone-${state}`);
      assertTold(scene, `clone-${state}`, { operation: 'clone', clonedFrom: 'evil', url: undefined });
      await scene.succeed('remove-image', `clone-${state}`);
    }
    assert.match(
      scene.host.log(),
      /Cannot tell where evil came from: its record was written for another image, of which it is a copy; the clone's record leaves it out/,
    );
    assert.match(scene.host.log(), /its record is forged/);
    assert.match(scene.host.log(), /its record cannot be read/);
    run('cp', ['-a', scene.image('good'), scene.image('copy')]);
    assert.equal(told(scene, 'copy').state, 'copied');
    writeFileSync(join(scene.host.home, 'state/ferry/provenance.key'), Buffer.alloc(32, 9));
    assert.equal(told(scene, 'good').state, 'unchecked');
    await scene.succeed('clone-image', 'good', 'unchecked');
    assert.match(scene.host.log(), /the key that its record was written with is gone/);
  });

  test(`a record does not leave with an export: ${type}`, async (t) => {
    const here = await served(t, type);
    if (here === undefined) return;
    const { scene, url } = here;
    await scene.succeed('pull-tar', '--verify=no', `${url}/tiny.tar`, 'tree');
    await scene.succeed('pull-raw', '--verify=no', `${url}/tiny.raw`, 'disk');
    await scene.succeed('export-tar', 'tree', scene.file('out.tar'));
    await scene.succeed('export-raw', 'disk', scene.file('out.raw'));
    assert.ok(!readFileSync(scene.file('out.tar')).includes('ferry.provenance'));
    assert.equal(getAttribute(scene.file('out.raw'), attribute), undefined);
    assert.equal(attempt('grep', ['-c', 'ferry', scene.file('out.raw')]).stdout.trim(), '0');
  });
}

test('an image is placed without a record where the file system has no place for it, with one warning', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['mount', 'umount'], features: ['mount'] })) return;
  const { file } = temporaryDirectory(t);
  mkdirSync(file('memory'));
  run('mount', ['-t', 'ramfs', 'ramfs', file('memory')]);
  const host = await ferryHost(t, { imageRoot: file('memory') });
  writeFileSync(file('x.raw'), disk);
  const { status, stderr } = await host.ferryctl(['import-raw', file('x.raw'), 'x']);
  assert.equal(status, 0, stderr);
  const warning = 'Cannot record where the image came from: the file system has no place for the record';
  assert.equal(stderr.split(warning).length, 2, stderr);
});

test('an image is placed without a record where there can be no key, with one warning', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t, { environment: { FERRY_STATE_DIRECTORY: '/proc/ferry' } });
  writeFileSync(join(host.home, 'x.raw'), disk);
  const { status, stderr } = await host.ferryctl(['import-raw', join(host.home, 'x.raw'), 'x']);
  assert.equal(status, 0, stderr);
  assert.equal(stderr.split('Cannot record where the image came from, as there is no key: ').length, 2, stderr);
  const image = openSync(join(host.imageRoot, 'x.raw'), 'r');
  assert.equal(readProvenance(image, undefined).state, 'none');
  closeSync(image);
});

test("a user's image has a record by the user's own key, which nobody else can read", async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['setpriv'] })) return;
  const host = await ferryHost(t, { user: 1000 });
  const path = join(host.home, 'x.raw');
  writeFileSync(path, disk);
  for (const readOnly of [[], ['--read-only']]) {
    const name = `x${readOnly.length}`;
    const { status, stderr } = await host.ferryctl(['import-raw', ...readOnly, path, name]);
    assert.equal(status, 0, stderr);
    const value = getAttribute(join(host.imageRoot, `${name}.raw`), 'user.ferry.provenance') ?? Buffer.alloc(0);
    const record = openRecord(value, keyOf(host));
    assert.deepEqual(typeof record === 'object' && [record.operation, record.uid], ['import', 1000]);
  }
  assert.equal(run('stat', ['-c', '%a %u', join(host.home, 'state/ferry/provenance.key')]).trim(), '600 1000');
});

test('the key is not in the log, in either form', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t, { environment: { SYSTEMD_LOG_LEVEL: 'debug' } });
  mkdirSync(join(host.home, 'tree'));
  await host.ferryctl(['import-fs', join(host.home, 'tree'), 'x']);
  const { status, stderr } = await host.ferryctl(['clone-image', 'x', 'y']);
  assert.equal(status, 0, stderr);
  const key = keyOf(host);
  for (const form of ['base64', 'hex'] as const) assert.ok(!host.log().includes(key.toString(form)));
});
