import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LossCounter } from '../../../service/formats/metadata/losses.js';
import { OpenLayers } from '../../../service/images/layers/apply.js';
import { makeStack } from '../../../service/images/layers/stack.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { layerCases } from '../../support/oci/layer-cases.js';
import { applied, placeForStack, placeLayer } from '../../support/oci/placed-layers.js';
import { type LayerEntry, packLayer } from '../../support/registry/tar-layer.js';

const file = (path: string, content = path, more: Partial<LayerEntry> = {}): LayerEntry => ({ path, content, ...more });
const directory = (path: string, more: Partial<LayerEntry> = {}): LayerEntry => ({ path: `${path}/`, ...more });

/** Makes a stack, NAME.mstack, of layers that are in an image directory. */
function stacked(root: ImageRoot, name: string, digests: readonly string[], readOnly = false): string {
  using layers = new OpenLayers(root, digests);
  const losses = new LossCounter(root.descriptor);
  const options = { subvolumes: true, synchronize: false, losses, sizeMax: 2 ** 32, readOnly };
  using stack = makeStack(root, layers, options);
  const path = root.pathOf(`${name}.mstack`);
  renameSync(root.pathOf(stack.name), path);
  stack.settle();
  return path;
}

const numbered = (stack: string) => readdirSync(stack).filter((name) => name.startsWith('layer@'));

/** Mounts a stack as systemd-nspawn does (mstack_make_overlayfs() of mstack.c), and unmounts it at the end of the scope. */
function mounted(stack: string, place: string): Disposable & { readonly path: string } {
  mkdirSync(place);
  const lower = numbered(stack)
    .sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)))
    .map((name) => join(stack, name));
  const isWritable = existsSync(join(stack, 'rw'));
  if (isWritable) mkdirSync(join(stack, 'rw/work'));
  const upper = isWritable ? `,upperdir=${join(stack, 'rw/data')},workdir=${join(stack, 'rw/work')}` : ',ro';
  if (lower.length === 1 && !isWritable) run('mount', ['--bind', lower[0] ?? '', place]);
  else run('mount', ['-t', 'overlay', 'overlay', '-o', `userxattr,lowerdir=${lower.join(':')}${upper}`, place]);
  return { path: place, [Symbol.dispose]: () => run('umount', [place]) };
}

test('layers are shared where overlayfs shows them as they are meant, and else become one tree of the stack', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const layer = (...entries: LayerEntry[]) => placeForStack(root, packLayer(entries));
      const base = layer(directory('.', { mode: 0o751, uid: 7 }), directory('etc', { mode: 0o711 }), file('etc/a'));
      const plain = layer(directory('etc'), file('etc/b'), file('etc/.wh.a', ''));
      const implicit = layer(file('etc/c'));
      const link = (digest: string) => `../.oci-${digest}`;
      const contents = (stack: string) =>
        numbered(stack).map((name) => {
          const entry = join(stack, name);
          return lstatSync(entry).isSymbolicLink() ? readlinkSync(entry) : readdirSync(join(entry, 'etc')).join();
        });
      assert.deepEqual(contents(stacked(root, 'shared', [base, plain])), [link(base), link(plain)]);
      assert.deepEqual(contents(stacked(root, 'twice', [base, plain, base])), [link(plain), link(base)]);
      // Its parent would hide the mode of that below.
      assert.deepEqual(contents(stacked(root, 'hiding', [base, implicit])), ['a,c']);
      assert.deepEqual(contents(stacked(root, 'upper', [base, implicit, plain])), ['a,c', link(plain)]);
      assert.deepEqual(contents(stacked(root, 'like', [plain, implicit, base])), ['b', link(implicit), link(base)]);
      for (const name of ['shared', 'twice', 'hiding', 'upper']) {
        const { mode, uid } = statSync(join(path, `${name}.mstack/rw/data`));
        assert.deepEqual([mode & 0o7777, uid], [0o751, 7], name);
      }
      assert.deepEqual(readdirSync(join(path, 'shared.mstack/rw')), ['data']);
    },
    ['ext4', 'btrfs'],
  );
});

test('of more layers than overlayfs takes the lowest become one tree', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const layers = Array.from({ length: 501 }, (_, index) => [directory('.'), file(`f${index}`)]);
      const digests = layers.map((entries) => placeForStack(root, packLayer(entries)));
      const stack = stacked(root, 'many', digests);
      assert.equal(numbered(stack).length, 491);
      assert.equal(readdirSync(join(stack, 'layer@0')).length, 11);
      assert.equal(readFileSync(join(stack, 'layer@0/f0'), 'utf8'), 'f0');
      assert.equal(readFileSync(join(stack, 'layer@490/f500'), 'utf8'), 'f500');
    },
    ['ext4'],
  );
});

test('a stack looks to a container like the tree of its layers, entry by entry', async (t) => {
  await onEachFilesystem(
    t,
    async (path) => {
      const differences: string[] = [];
      let number = 0;
      for (const [name, layers] of Object.entries(layerCases)) {
        const place = join(path, `case${number++}`);
        mkdirSync(place);
        using root = ImageRoot.open(place);
        const digests = layers.map((layer) => placeForStack(root, packLayer(layer)));
        const tree = applied(root, digests);
        for (const readOnly of [false, true]) {
          const stack = stacked(root, `s${readOnly}`, digests, readOnly);
          assert.equal(existsSync(join(stack, 'rw')), !readOnly);
          using mount = mounted(stack, join(place, `mount${readOnly}`));
          // Overlayfs shows the time of the highest directory, and its own attributes are not of the image.
          const found = compareTrees(tree, mount.path, {
            ignoreAttribute: (each) => each.startsWith('trusted.overlay.'),
          });
          const isTimeOfDirectory = (line: string) =>
            /: mtime /.test(line) && lstatSync(join(tree, line.slice(0, line.indexOf(': ')))).isDirectory();
          differences.push(
            ...found.filter((line) => !isTimeOfDirectory(line)).map((line) => `${name}, ${readOnly}: ${line}`),
          );
        }
      }
      assert.deepEqual(differences, []);
    },
    ['ext4', 'btrfs'],
  );
});

/** The names in a tree, those of one file joined as its number tells. */
function namesByNumber(tree: string): string[] {
  const names = new Map<string, string[]>();
  for (const line of run('find', [tree, '-printf', '%D:%i /%P\\n']).trim().split('\n')) {
    const [number = '', name = ''] = line.split(' ');
    names.set(number, [...(names.get(number) ?? []), name].sort());
  }
  return [...names.values()].map((each) => each.join('=')).sort();
}

test('in a stack on btrfs different files have different numbers, though those of subvolumes begin anew', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const hard = (name: string, target: string): LayerEntry => ({ path: name, type: 'hardLink', target });
      const layers = ['a', 'b'].map((name) =>
        packLayer([directory('.'), directory(name), file(`${name}/1`), hard(`${name}/2`, `${name}/1`)]),
      );
      const expected = ['/', '/a', '/a/1=/a/2', '/b', '/b/1=/b/2'];
      for (const kind of ['plain', 'subvolumes']) {
        mkdirSync(join(path, kind));
        using root = ImageRoot.open(join(path, kind));
        const place = (tar: Buffer) => (kind === 'plain' ? placeForStack(root, tar) : placeLayer(root, tar).digest);
        const stack = stacked(root, 'stack', layers.map(place));
        using mount = mounted(stack, join(path, `${kind}-mounted`));
        assert.deepEqual(namesByNumber(mount.path), expected, kind);
        // What is not shared is one tree of the stack's own.
        assert.equal(numbered(stack).length, kind === 'plain' ? 2 : 1);
      }
    },
    ['btrfs'],
  );
});
