import { strict as assert } from 'node:assert';
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { layOverLinks, layTwice } from '../../corpus/layers.js';
import { layerCases } from '../../support/oci/layer-cases.js';
import type { Random } from '../../support/random.js';
import { packLayer } from '../../support/registry/tar-layer.js';
import { removeTree, temporaryDirectory } from '../../support/temporary.js';
import type { Target } from '../target.js';
import { mutate, repair } from './tar.js';

const names = [
  ...['.wh.a', '.wh.b', '.wh.d', 'd/.wh.x', 'a/.wh.a', 'l/.wh.x', '.wh..wh..opq', 'd/.wh..wh..opq', 'l/.wh..wh..opq'],
  ...['.wh..wh.aufs', '.wh..wh.plnk/x', '.wh.', '.wh..', '.wh...', '.wh.d/x', 'd/../.wh.x', '/.wh.a', './.wh.a'],
  ...['a', 'b', 'd/', 'd/x', 'd/y', 'l', 'l/x', 'l/d/z', 'x/y/z', '.', './', '/', 'etc/a', 'etc/.wh.a', 'etc/d/.wh.x'],
] as const;

/** Gives an entry, or what it links to, another name; or does what is done to any archive. */
function mutateLayer(input: Buffer, random: Random): Buffer {
  if (input.length < 512 || random(3) === 0) return mutate(input, random);
  const block = 512 * random(Math.floor(input.length / 512));
  const name = names[random(names.length)] ?? 'a';
  input.fill(0, block + (random(3) === 0 ? 157 : 0), block + (random(3) === 0 ? 257 : 100));
  input.write(name, block + (random(4) === 0 ? 157 : 0), 'latin1');
  if (random(2) === 0) input.write('0125'[random(4)] ?? '0', block + 156, 'latin1');
  return input;
}

/** Every entry of a tree with its type; that nothing in it is a mark of a layer. What has too long a path is left out. */
function entriesOf(tree: string, above = ''): string[] {
  if (tree.length + above.length > 3000) return [];
  const directory = Buffer.from(join(tree, above), 'latin1');
  return readdirSync(directory, 'latin1').flatMap((name) => {
    const path = join(above, name);
    const status = lstatSync(Buffer.from(join(tree, path), 'latin1'));
    assert.doesNotMatch(name, /^\.wh\./);
    assert.ok(!status.isCharacterDevice() || status.rdev !== 0, `${path} is a whiteout`);
    return [`${path} ${status.mode & 0o170000}`, ...(status.isDirectory() ? entriesOf(tree, path) : [])];
  });
}

function refused(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.match(error.kind, /^(Corrupt|UnsupportedFormat|FileSystemError)$/);
    assert.doesNotMatch(error.message, /[\x00-\x1f\x7f]/);
  }
}

let place: { readonly path: string; readonly outside: string } | undefined;

function openPlace() {
  const { path } = temporaryDirectory();
  process.on('exit', () => removeTree(path));
  const outside = join(path, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'victim'), 'untouched');
  return { path, outside };
}

function removeAll(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    removeTree(path);
  }
}

function run(input: Buffer): void {
  place ??= openPlace();
  const { path, outside } = place;
  const before = lstatSync(outside, { bigint: true });
  const directory = join(path, 'layer');
  mkdirSync(directory);
  try {
    const trees: string[][] = [];
    refused(() => layOverLinks(input, join(directory, 'links'), outside));
    refused(() => layTwice(input, join(directory, 'twice'), (tree) => trees.push(entriesOf(tree).sort())));
    const [once, twice] = trees;
    if (twice !== undefined) assert.deepEqual(twice, once);
    assert.deepEqual(readdirSync(outside), ['victim']);
    const after = lstatSync(outside, { bigint: true });
    assert.deepEqual([after.ctimeNs, after.mode, after.uid], [before.ctimeNs, before.mode, before.uid]);
  } finally {
    removeAll(directory);
  }
}

/** Layers of container images, laid over links that lead out of the tree, and over themselves. */
export const layer: Target = {
  name: 'layer',
  lengthMax: 8192,
  dictionary: ['.wh.', '.wh..wh.', '.wh..wh..opq', 'd/.wh.', '../', '/', '/outside', 'trusted.overlay.opaque'],
  seeds: () =>
    Object.values(layerCases)
      .flat()
      .map(packLayer)
      .filter(({ length }) => length <= layer.lengthMax),
  run,
  mutate: mutateLayer,
  repair,
};
