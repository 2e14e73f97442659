import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { changeFileFlags, FileFlag } from '../../../../../linux/attributes.js';
import { lockFile } from '../../../../../linux/locks.js';
import { OpenLayers } from '../../../../../service/images/layers/apply.js';
import { ImageRoot } from '../../../../../service/images/layout/root.js';
import { applied, placeLayer } from '../../../../support/oci/placed-layers.js';
import { type LayerEntry, packLayer } from '../../../../support/registry/tar-layer.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

/** Of the user who runs the tests. */
const attributes = process.geteuid?.() === 0 ? 'trusted' : 'user';
const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
const file = (path: string, content = path): LayerEntry => ({ path, content, ...own });
const hard = (path: string, target: string): LayerEntry => ({ path, type: 'hardLink', target, ...own });

test('a layer that is missing, or not the one that was unpacked, is named', (t) => {
  const { path, file: below } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const { digest, path: place } = placeLayer(root, packLayer([file('a')]), attributes);
  const message = `Cannot make the image: layer ${digest} is missing; pull the image again`;
  const facts = { what: `layer ${digest}`, offset: undefined };
  const expected = { name: 'Failure', kind: 'Corrupt', message, facts };
  new OpenLayers(root, [digest, digest])[Symbol.dispose]();
  // Only root can have marked it so that it cannot be moved.
  if (own.uid !== 0) {
    renameSync(place, below('kept'));
    assert.throws(() => new OpenLayers(root, [digest]), expected);
    mkdirSync(place);
    assert.throws(() => new OpenLayers(root, [digest]), expected);
    rmSync(place, { recursive: true });
    renameSync(below('kept'), place);
  }
  new OpenLayers(root, [digest])[Symbol.dispose]();
  const record = `${place}.layer`;
  const text = readFileSync(record);
  for (const damaged of [
    '',
    'null',
    '{',
    '{}',
    text.toString().replace(digest, 'sha256:0'),
    text.toString().replace('"carrier":"', '"carrier":"x'),
  ]) {
    rmSync(record);
    writeFileSync(record, damaged);
    assert.throws(() => new OpenLayers(root, [digest]), expected, damaged);
  }
  rmSync(record);
  assert.throws(() => new OpenLayers(root, [digest]), expected);
});

test('a layer that is being removed is not made an image of', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const { digest, path: place } = placeLayer(root, packLayer([file('a')]), attributes);
  const held = openSync(place, 'r');
  assert.ok(lockFile(held, 'exclusive'));
  const message = `Cannot make the image: layer ${digest} is being removed; pull the image again`;
  t.mock.method(Atomics, 'wait', () => 'timed-out');
  assert.throws(() => new OpenLayers(root, [digest]), { kind: 'ImageBusy', message });
  closeSync(held);
});

test('a layer that somebody has for a moment longer is waited for, and it is the one that is there then', (t) => {
  const { path, file: below } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const { digest, path: place } = placeLayer(root, packLayer([file('a')]), attributes);
  const hold = () => {
    const held = openSync(place, 'r');
    assert.ok(lockFile(held, 'exclusive'));
    return held;
  };
  const released = (held: number, before: () => void = () => {}) => {
    let waits = 0;
    return () => {
      if (++waits !== 3) return 'timed-out';
      before();
      closeSync(held);
      return 'timed-out';
    };
  };
  const wait = t.mock.method(Atomics, 'wait', released(hold()));
  new OpenLayers(root, [digest])[Symbol.dispose]();
  const marked = openSync(place, 'r');
  // Where root has placed it, it cannot be moved.
  if (own.uid === 0) changeFileFlags(marked, 0, FileFlag.immutable);
  closeSync(marked);
  wait.mock.mockImplementation(released(hold(), () => renameSync(place, below('removed'))));
  const message = `Cannot make the image: layer ${digest} is missing; pull the image again`;
  assert.throws(() => new OpenLayers(root, [digest]), { kind: 'Corrupt', message });
});

test('a layer that is removed while it is opened is missing', (t) => {
  const { path, file: below } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const { digest, path: place } = placeLayer(root, packLayer([file('a')]), attributes);
  const marked = openSync(place, 'r');
  // Where root has placed it, it cannot be moved.
  if (own.uid === 0) changeFileFlags(marked, 0, FileFlag.immutable);
  closeSync(marked);
  const { parse } = JSON;
  // Its record is read once the directory is open.
  t.mock.method(JSON, 'parse', (text: string) => {
    if (existsSync(place)) renameSync(place, below('removed'));
    return parse(text);
  });
  t.mock.method(Atomics, 'wait', () => 'timed-out');
  const message = `Cannot make the image: layer ${digest} is missing; pull the image again`;
  assert.throws(() => new OpenLayers(root, [digest]), { kind: 'Corrupt', message });
});

test('links to what is no file of the layers below are refused, and nothing is left', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const lower = placeLayer(
    root,
    packLayer([{ path: 'd/', ...own }, file('f'), { path: 'out', type: 'symbolicLink', target: '/', ...own }]),
    attributes,
  );
  for (const target of ['nothing', 'd', 'f/x', 'out/etc/passwd', 'd/x/y']) {
    const upper = placeLayer(root, packLayer([hard('link', target)]), attributes);
    const what = `'link' is a hard link to '${target}', which is not a file of the layers below`;
    const expected = {
      kind: 'Corrupt',
      message: `Layer ${upper.digest} is damaged: ${what}`,
      facts: { what, offset: undefined },
    };
    assert.throws(() => applied(root, [lower.digest, upper.digest]), expected, target);
  }
  assert.deepEqual(
    root.names().filter((name) => !name.startsWith('.oci-')),
    [],
  );
});

test('more data than may be is refused, however it is spread over the layers', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const digests = ['a', 'b', 'c'].map(
    (name) => placeLayer(root, packLayer([file(name, name.repeat(100_000))]), attributes).digest,
  );
  assert.throws(() => applied(root, digests, 250_000), { kind: 'UnsupportedFormat' });
  assert.deepEqual(
    root.names().filter((name) => !name.startsWith('.oci-')),
    [],
  );
  applied(root, digests, 300_000 + 3 * 4096);
});
