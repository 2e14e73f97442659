import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getAttribute, listAttributes } from '../../../linux/attributes.js';
import { run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { Scene } from '../../support/service/scene.js';

/** What only Ferry may say of an image, each with a forged value. */
const forged = ['user.source_url', 'user.source_etag', 'user.source_more', 'user.crtime_usec', 'user.ferry.x'];
const forgedByRoot = [
  'trusted.ferry.provenance',
  'trusted.ferry.verification',
  'trusted.ferry.partial',
  'security.ferry.x',
];
/** The record that Ferry itself writes with each image, by its beginning. */
const own = 'trusted.ferry.provenance={"mac":"';

function forge(path: string): void {
  for (const name of [...forged, ...forgedByRoot]) run('setfattr', ['-n', name, '-v', 'FORGED', path]);
  run('setfattr', ['-n', 'user.kept', '-v', 'kept', path]);
}

/** The attributes that speak of an image's origin, or of something else that was there to be kept. */
function attributesOf(path: string): string[] {
  return listAttributes(path)
    .filter((name) => name !== 'security.selinux')
    .map((name) => `${name}=${getAttribute(path, name)?.toString().slice(0, 8) ?? ''}`)
    .sort();
}

/** A subvolume with others inside, the innermost one read-only, or as many directories. */
function makeSource(scene: Scene, name: string): string {
  const source = scene.file(name);
  const [nested, inner] = [join(source, 'a/nested'), join(source, 'a/nested/b/inner')];
  for (const path of [source, nested, inner]) {
    mkdirSync(join(path, '..'), { recursive: true });
    if (scene.type === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', path]);
    else mkdirSync(path);
    forge(path);
  }
  writeFileSync(join(inner, 'file'), 'x');
  if (scene.type === 'btrfs') run('btrfs', ['property', 'set', '-ts', inner, 'ro', 'true']);
  return source;
}

for (const type of ['ext4', 'btrfs'] as const) {
  test(`nothing that comes in vouches for itself, in whichever way it comes: ${type}`, async (t) => {
    if (!needs(t, { root: true, programs: ['setfattr', 'tar'] })) return;
    const scene = await Scene.open(t, type);
    if (scene === undefined) return;
    const parts = type === 'btrfs' ? ['', 'a/nested', 'a/nested/b/inner'] : [''];
    const checkTree = (name: string): void => {
      for (const part of parts)
        assert.deepEqual(
          attributesOf(scene.image(name, part)),
          part === '' ? [own, 'user.kept=kept'] : ['user.kept=kept'],
          `${name}/${part}`,
        );
    };
    const source = makeSource(scene, 'source');

    await scene.succeed('import-fs', source, 'fs');
    checkTree('fs');
    await scene.succeed('import-fs', '--read-only', source, 'fs-ro');
    checkTree('fs-ro');

    for (const part of parts) forge(scene.image('fs', part));
    await scene.succeed('clone-image', 'fs', 'cloned');
    checkTree('cloned');

    run('tar', ['--xattrs', '--xattrs-include=*', '-C', source, '-cf', scene.file('x.tar'), '.']);
    await scene.succeed('import-tar', scene.file('x.tar'), 'tar');
    assert.deepEqual(attributesOf(scene.image('tar')), [own, 'user.kept=kept']);

    writeFileSync(scene.file('x.raw'), 'x'.repeat(100_000));
    forge(scene.file('x.raw'));
    await scene.succeed('import-raw', scene.file('x.raw'), 'raw');
    assert.deepEqual(attributesOf(scene.image('raw.raw')), [own, 'user.kept=kept']);
  });

  test(`what Ferry itself says of a download stays, and forged words beside it do not: ${type}`, async (t) => {
    if (!needs(t, { root: true, programs: ['setfattr', 'tar'] })) return;
    const scene = await Scene.open(t, type);
    if (scene === undefined) return;
    const source = makeSource(scene, 'source');
    run('tar', ['--xattrs', '--xattrs-include=*', '-C', source, '-cf', scene.file('x.tar'), '.']);
    writeFileSync(scene.file('x.raw'), 'x'.repeat(100_000));
    const server = await GateServer.start(t);
    for (const name of ['x.tar', 'x.raw']) server.serve(`/${name}`, readFileSync(scene.file(name)));
    const url = `http://127.0.0.1:${server.port}`;

    await scene.succeed('pull-tar', '--verify=no', `${url}/x.tar`, 'tar');
    assert.deepEqual(attributesOf(scene.image('tar')), [own, 'user.kept=kept']);
    const pristine = scene.host.images().find((name) => name.startsWith('.tar-')) ?? '';
    const [record, ...others] = attributesOf(scene.image(pristine));
    assert.equal(record, 'trusted.ferry.verification={"sha256');
    assert.deepEqual(others, ['user.kept=kept']);

    await scene.succeed('pull-raw', '--verify=no', `${url}/x.raw`, 'raw');
    await scene.succeed('clone-image', 'raw', 'cloned');
    for (const name of ['raw.raw', 'cloned.raw']) {
      assert.equal(getAttribute(scene.image(name), 'user.source_url')?.toString(), `${url}/x.raw`);
      const found = attributesOf(scene.image(name));
      assert.ok(!found.some((line) => line.includes('FORGED')));
      assert.deepEqual(
        found.filter((line) => line.includes('ferry')),
        [own],
      );
    }
  });
}
