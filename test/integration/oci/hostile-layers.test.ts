import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { applied, placeLayer, treeOf } from '../../support/oci/placed-layers.js';
import { type LayerEntry, packLayer } from '../../support/registry/tar-layer.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Of the user who runs the tests. */
const attributes = process.geteuid?.() === 0 ? 'trusted' : 'user';
const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
const file = (path: string, content = path): LayerEntry => ({ path, content, ...own });
const link = (path: string, target: string): LayerEntry => ({ path, type: 'symbolicLink', target, ...own });
const hard = (path: string, target: string): LayerEntry => ({ path, type: 'hardLink', target, ...own });
const directory = (path: string, mode = 0o755): LayerEntry => ({ path: `${path}/`, mode, ...own });

test('layers that write, remove and link through links of layers below stay in the tree', (t) => {
  const { path } = temporaryDirectory(t);
  const outside = `${path}/outside`;
  mkdirSync(outside);
  writeFileSync(`${outside}/victim`, 'untouched');
  const before = statSync(outside, { bigint: true });
  const ways = {
    absolute: outside,
    upwards: `../../../../../../../../../../..${outside}`,
    byProc: `/proc/self/root${outside}`,
    byCwd: '/proc/self/cwd',
  };
  for (const [name, target] of Object.entries(ways)) {
    const lower = [directory('.'), link('out', target), link('out2', 'out'), file('inside')];
    const through = [
      [file('out/new'), file('out2/deep/er/new')],
      [file('out/.wh.victim'), file('out2/.wh..wh..opq')],
      [hard('out/linked', 'inside'), hard('own', 'inside'), file('out/one'), hard('out/two', 'out/one')],
      [directory('out'), file('out/victim', 'replaced')],
      [file('out', 'a file now')],
      [file('x/y/../../out/z', 'never')],
    ];
    for (const [index, upper] of through.entries()) {
      const images = `${path}/${name}${index}`;
      if (index === 5)
        assert.throws(() => treeOf(images, [packLayer(lower), packLayer(upper)], attributes), { kind: 'Corrupt' });
      else treeOf(images, [packLayer(lower), packLayer(upper), packLayer(upper)], attributes);
      assert.equal(readFileSync(`${outside}/victim`, 'utf8'), 'untouched', `${name} ${index}`);
      assert.deepEqual(readdirSync(outside), ['victim']);
      assert.equal(statSync(outside, { bigint: true }).ctimeNs, before.ctimeNs);
    }
    assert.ok(existsSync(`${path}/absolute0/tree${outside}/new`));
  }
});

test('links to the root, to themselves and in circles lead nowhere else', (t) => {
  const { path } = temporaryDirectory(t);
  const lower = packLayer([
    directory('.', 0o755),
    link('root', '/'),
    link('self', '.'),
    link('a', 'b'),
    link('b', 'a'),
    directory('d', 0o555),
    link('d2', 'd/../d'),
  ]);
  const upper = packLayer([
    file('root/one'),
    hard('root/two', 'root/one'),
    file('self/self/three'),
    file('a/four'),
    file('d2/sub/five'),
    hard('self/six', 'root/one'),
  ]);
  const tree = treeOf(path, [lower, upper], attributes);
  assert.deepEqual(readdirSync(tree).sort(), ['a', 'b', 'd', 'd2', 'one', 'root', 'self', 'six', 'three', 'two']);
  assert.equal(lstatSync(`${tree}/one`).nlink, 3);
  assert.equal(lstatSync(`${tree}/two`).ino, lstatSync(`${tree}/six`).ino);
  assert.equal(readFileSync(`${tree}/a/four`, 'utf8'), 'a/four');
  assert.equal(readFileSync(`${tree}/d/sub/five`, 'utf8'), 'd2/sub/five');
  assert.equal(lstatSync(`${tree}/d`).mode & 0o7777, 0o555);
});

test('five thousand layers make a tree, each of them over those below', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const kinds = Array.from({ length: 50 }, (_, index) =>
    packLayer([file('last', `${index}`), file(`dir/${index}`, 'x'), file(`dir/.wh.${(index + 1) % 50}`)]),
  );
  const placed = kinds.map((tar) => placeLayer(root, tar, attributes).digest);
  const tree = applied(root, Array.from({ length: 100 }, () => placed).flat());
  assert.equal(readFileSync(`${tree}/last`, 'utf8'), '49');
  // Of each two neighbours the later one has removed the other; the last one has removed that which began.
  assert.deepEqual(
    readdirSync(`${tree}/dir`)
      .map(Number)
      .sort((a, b) => a - b),
    Array.from({ length: 49 }, (_, index) => index + 1),
  );
});

test('directories of any depth in several layers are laid over one another', (t) => {
  const { path } = temporaryDirectory(t);
  const deep = Array.from({ length: 120 }, (_, index) => `d${index}`).join('/');
  const lower = packLayer([file(`real/${deep}/low`), link('way', 'real')]);
  const upper = packLayer([
    file(`way/${deep}/high`),
    hard(`way/${deep}/again`, `way/${deep}/low`),
    file(`way/d0/d1/.wh.nothing`),
  ]);
  const tree = treeOf(path, [lower, upper], attributes);
  assert.deepEqual(readdirSync(`${tree}/real/${deep}`).sort(), ['again', 'high', 'low']);
  assert.equal(statSync(`${tree}/real/${deep}/low`).nlink, 2);
  assert.deepEqual(readdirSync(tree).sort(), ['real', 'way']);
});
