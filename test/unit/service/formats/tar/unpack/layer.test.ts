import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { getAttribute } from '../../../../../../linux/attributes.js';
import { needs } from '../../../../../support/needs.js';
import { type LayerEntry, packLayer } from '../../../../../support/registry/tar-layer.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';
import { listing, unpack } from '../unpacking.js';

/** Of the user who runs the tests. */
const attributes = process.geteuid?.() === 0 ? 'trusted' : 'user';

const file = (path: string, content = ''): LayerEntry => ({ path, content });
const hard = (path: string, target: string): LayerEntry => ({ path, type: 'hardLink', target });

function contentsOf(path: string, entries: readonly LayerEntry[] | Buffer) {
  const tar = Buffer.isBuffer(entries) ? entries : packLayer(entries);
  return unpack(tar, path, { layer: attributes });
}

test('what a layer removes of those below becomes devices and attributes as overlayfs has them', (t) => {
  if (!needs(t, { root: true })) return;
  const { path } = temporaryDirectory(t);
  const entries = [
    file('a/.wh.gone'),
    file('b/.wh..wh..opq'),
    file('b/new', 'x'),
    file('.wh.c'),
    { path: 'c/', mode: 0o700 },
  ];
  const { layer } = contentsOf(path, entries);
  assert.deepEqual(layer, {
    whiteouts: ['a/gone'],
    opaque: ['b', 'c'],
    implicit: ['b', '', 'a'],
    bare: ['a'],
    links: [],
    marked: true,
  });
  const whiteout = lstatSync(`${path}/a/gone`);
  assert.ok(whiteout.isCharacterDevice());
  assert.equal(whiteout.rdev, 0);
  for (const directory of ['b', 'c'])
    assert.equal(getAttribute(`${path}/${directory}`, `${attributes}.overlay.opaque`)?.toString(), 'y');
  assert.deepEqual(readdirSync(path).sort(), ['a', 'b', 'c']);
});

test('links to what the layer lacks are told, with the first target of a chain, and not what is replaced later', (t) => {
  const { path } = temporaryDirectory(t);
  const entries = [
    hard('x', 'etc/below'),
    hard('sub/y', 'x'),
    hard('z', 'etc/below'),
    file('z', 'own'),
    file('w'),
    hard('w', 'up'),
  ];
  assert.deepEqual(contentsOf(path, entries).layer?.links, [
    { path: 'x', target: 'etc/below' },
    { path: 'sub/y', target: 'etc/below' },
    { path: 'w', target: 'up' },
  ]);
  assert.deepEqual(listing(path), ['sub/ 755', 'z 644 = own']);
});

test('an empty layer is one, and an empty archive is not', (t) => {
  const { file: below } = temporaryDirectory(t);
  for (const [index, empty] of [Buffer.alloc(0), Buffer.alloc(1024), Buffer.alloc(10_240)].entries()) {
    assert.equal(contentsOf(below(`${index}`), empty).entries, 0);
    assert.throws(() => unpack(empty, below(`plain${index}`)));
  }
});

test('a layer may end right after its last content, as umoci makes them, and another archive may not', (t) => {
  const { file: below } = temporaryDirectory(t);
  const whole = packLayer([file('a', 'x'), file('b', 'y')]);
  const ended = whole.subarray(0, whole.lastIndexOf('y') + 1);
  const { endMarker } = contentsOf(below('layer'), ended);
  assert.deepEqual([endMarker, listing(below('layer'))], [false, ['a 644 = x', 'b 644 = y']]);
  assert.throws(() => unpack(ended, below('plain')), { kind: 'Corrupt' });
});

test('absolute names and targets in a layer are names below its root', (t) => {
  const { path } = temporaryDirectory(t);
  contentsOf(path, [file('/etc/a', 'x'), hard('//etc/b', '/etc/a'), file('/etc/.wh.c')]);
  assert.equal(readFileSync(`${path}/etc/b`, 'utf8'), 'x');
  assert.equal(statSync(`${path}/etc/a`).nlink, 2);
});

test('what aufs kept for itself is left out', (t) => {
  const { path } = temporaryDirectory(t);
  const { layer } = contentsOf(path, [
    file('.wh..wh.aufs'),
    { path: '.wh..wh.plnk/' },
    file('.wh..wh.plnk/1.2', 'x'),
    file('d/.wh..wh.orph'),
  ]);
  assert.deepEqual(listing(path), []);
  assert.deepEqual(layer, { whiteouts: [], opaque: [], implicit: [''], bare: [], links: [], marked: true });
});

test('attributes and devices that overlayfs takes for its own do not come in with a layer', (t) => {
  if (!needs(t, { root: true })) return;
  const { path } = temporaryDirectory(t);
  const marks = {
    'trusted.overlay.opaque': 'y',
    'trusted.overlay.redirect': '/etc',
    'user.overlay.opaque': 'y',
    'user.kept': 'z',
  };
  const { losses } = contentsOf(path, [
    { path: 'd/', attributes: marks },
    { path: 'gone', type: 'characterDevice', device: [0, 0] },
  ]);
  for (const name of Object.keys(marks))
    assert.equal(getAttribute(`${path}/d`, name)?.toString(), name === 'user.kept' ? 'z' : undefined, name);
  assert.deepEqual(readdirSync(path), ['d']);
  assert.deepEqual(
    losses.kinds.map(({ kind, examples }) => [kind, examples]),
    [['devices', ["device number 0:0 of 'gone'"]]],
  );
});

test('whiteouts of what is no name, and what lies below one, are refused with the reason', (t) => {
  const { file: below } = temporaryDirectory(t);
  const refused: [LayerEntry[], RegExp][] = [
    [[file('a/.wh.')], /entry 'a\/\.wh\.' of the tar archive is a whiteout of '', which is not a name$/],
    [[file('.wh..')], /is a whiteout of '\.', which is not a name$/],
    [[file('a/.wh...')], /is a whiteout of '\.\.', which is not a name$/],
    [[file('.wh.d/x')], /entry '\.wh\.d\/x' of the tar archive lies below a whiteout$/],
    [[file('a/.wh.d/b/x')], /lies below a whiteout$/],
    [[file('../x')], / leads out of the image/],
    [[file('a/../.wh.x')], / leads out of the image/],
    [[{ path: '.', type: 'file' }], /would replace the root of the image by something that is not a directory$/],
    [[file('f'), file('f/.wh.x'), file('f/y')], /entry 'f\/.*' of the tar archive lies below 'f', which is neither/],
  ];
  for (const [index, [entries, message]] of refused.entries())
    assert.throws(
      () => contentsOf(below(`${index}`), entries),
      { name: 'Failure', kind: 'Corrupt', message },
      String(message),
    );
});

test('a layer that is nothing but whiteouts cannot fill the memory', (t) => {
  const { path } = temporaryDirectory(t);
  const deep = 'd'.repeat(200);
  const header = packLayer([{ path: 'x' }]).subarray(0, 512);
  assert.equal(header.length, 512);
  const entries = Array.from({ length: 40_000 }, (_, index) => ({
    path: `.wh.${index}`,
    records: { path: `${deep}/${deep}/${deep}/${deep}/.wh.${index}` },
  }));
  const message = /brings the paths of whiteouts, links and missing parents to more than 33554432 bytes$/;
  assert.throws(() => contentsOf(path, packLayer(entries)), { kind: 'Corrupt', message });
});
