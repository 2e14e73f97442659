import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { filesystemNeeds, forEachType, mountedFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { asUser, givenTo } from '../../support/oci/as-user.js';
import { layerCases, timesOfWork } from '../../support/oci/layer-cases.js';
import { treeOf } from '../../support/oci/placed-layers.js';
import { unpackedByUmoci } from '../../support/oci/umoci.js';
import { type LayerEntry, packLayer } from '../../support/registry/tar-layer.js';
import { temporaryDirectory } from '../../support/temporary.js';

const stranger = 54321;

/** Those of the differences that are not to umoci's credit. */
function differencesOf(name: string, expected: string, found: string, options: object = {}): string[] {
  const isTime = (line: string) => timesOfWork[name]?.some((each) => line.startsWith(`${each}: mtime`)) === true;
  return compareTrees(expected, found, { wholeSeconds: true, ...options }).filter((line) => !isTime(line));
}

async function compareAll(t: TestContext, places: string): Promise<void> {
  const { path } = temporaryDirectory(t);
  for (const [index, [name, layers]] of Object.entries(layerCases).entries())
    await t.test(name, () => {
      const tars = layers.map(packLayer);
      const expected = unpackedByUmoci(`${path}/${index}`, tars);
      assert.deepEqual(differencesOf(name, expected, treeOf(`${places}/${index}`, tars)), []);
    });
}

test('a tree made of layers is what umoci makes of them, entry by entry, on each file system', async (t) => {
  if (!needs(t, { root: true, programs: ['umoci'] })) return;
  await forEachType(t, ['ext4', 'btrfs'], async (t, type) => {
    if (!needs(t, filesystemNeeds(type))) return;
    await using filesystem = mountedFilesystem(t, type);
    await compareAll(t, filesystem.path);
  });
});

/** What only root can make is not compared. */
const rootsOnly = ['capabilities', 'devices and fifos', 'set-id bits'];

function withoutSetIds(entry: LayerEntry): LayerEntry {
  return entry.mode === undefined ? entry : { ...entry, mode: entry.mode & 0o1777 };
}

test('an ordinary user gets the tree that umoci makes of layers for one, but for owners', async (t) => {
  if (!needs(t, { root: true, programs: ['umoci'] })) return;
  const { path } = temporaryDirectory(t);
  givenTo(path, stranger);
  const options = { ignoreOwners: true, ignoreAttribute: (name: string) => name === 'user.rootlesscontainers' };
  for (const [index, [name, layers]] of Object.entries(layerCases).entries()) {
    if (rootsOnly.includes(name)) continue;
    await t.test(name, () => {
      const tars = layers.map((layer) => packLayer(layer.map(withoutSetIds)));
      const expected = unpackedByUmoci(`${path}/${index}`, tars, stranger);
      const found = asUser(stranger, () => {
        mkdirSync(`${path}/${index}/images`);
        return treeOf(`${path}/${index}/images`, tars, 'user');
      });
      assert.deepEqual(differencesOf(name, expected, found, options), []);
    });
  }
});

test('on btrfs the lowest layer is shared by a snapshot, and the others by their blocks', async (t) => {
  if (!needs(t, { ...filesystemNeeds('btrfs'), programs: ['btrfs', ...filesystemNeeds('btrfs').programs] })) return;
  await using filesystem = mountedFilesystem(t, 'btrfs');
  const size = 4 * 1024 * 1024;
  const large = (path: string): LayerEntry => ({ path, content: randomBytes(size) });
  const layers = [[large('low'), { path: 'd/' }], [large('d/upper')], [large('d/top'), { path: '.wh.nothing' }]];
  const tree = treeOf(filesystem.path, layers.map(packLayer));
  run('sync', ['-f', filesystem.path]);
  const [line = ''] = run('btrfs', ['filesystem', 'du', '--raw', '-s', tree]).trim().split('\n').slice(-1);
  const [total, exclusive] = line.trim().split(/\s+/).map(Number);
  assert.deepEqual({ total, exclusive }, { total: 3 * size, exclusive: 0 });
  const show = (path: string) => run('btrfs', ['subvolume', 'show', path]);
  const lowest = /^\s*Parent UUID:\s*(\S+)$/m.exec(show(tree))?.[1];
  const names = readdirSync(filesystem.path).filter((name) => /^\.oci-sha256:[0-9a-f]{64}$/.test(name));
  assert.equal(names.length, 3);
  const uuids = names.map((name) => show(`${filesystem.path}/${name}`));
  assert.ok(uuids.every((shown) => /^\s*Flags:\s*readonly$/m.test(shown)));
  assert.ok(uuids.some((shown) => /^\s*UUID:\s*(\S+)$/m.exec(shown)?.[1] === lowest));
  assert.doesNotMatch(show(tree), /Flags:\s*readonly/);
});
