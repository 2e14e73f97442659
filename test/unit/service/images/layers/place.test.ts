import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { isTemporaryName } from '../../../../../service/images/install/holder.js';
import { lockName } from '../../../../../service/images/install/locks.js';
import { cleanStale } from '../../../../../service/images/install/temporary.js';
import { openLayer } from '../../../../../service/images/layers/record.js';
import { ImageRoot } from '../../../../../service/images/layout/root.js';
import { namesIn, testHost } from '../../../../support/images/image-root.js';
import { placeLayer } from '../../../../support/oci/placed-layers.js';
import { digestOf } from '../../../../support/registry/images.js';
import { packLayer } from '../../../../support/registry/tar-layer.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const isRoot = process.geteuid?.() === 0;
const attributes = isRoot ? 'trusted' : 'user';
const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
const tar = packLayer([{ path: 'a', content: 'from Ferry', ...own }]);
const digest = digestOf(tar);
const name = `.oci-${digest}`;

function isThere(root: ImageRoot): boolean {
  using layer = openLayer(root, digest);
  return layer !== undefined;
}

test('work on a layer that ends after any step leaves the whole layer or none, and the next time it is there', (t) => {
  for (const end of ['recorded', 'kept', 'renamed', 'marked'] as const) {
    const { path } = temporaryDirectory(t);
    using root = ImageRoot.open(path);
    const stop = (step: string): void => {
      if (step === end) throw new Error('ended here');
    };
    assert.throws(() => placeLayer(root, tar, attributes, stop), /ended here/);
    assert.equal(isThere(root), end === 'renamed' || end === 'marked', end);
    cleanStale(root);
    assert.deepEqual(root.names().filter(isTemporaryName), [], end);
    placeLayer(root, tar, attributes);
    assert.ok(isThere(root), end);
    assert.deepEqual(root.names().sort(), [name, `${name}.layer`], end);
  }
});

test('a layer that is there already stays as it is', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  placeLayer(root, tar, attributes);
  const record = readFileSync(`${path}/${name}.layer`, 'utf8');
  placeLayer(root, tar, attributes);
  assert.equal(readFileSync(`${path}/${name}.layer`, 'utf8'), record);
  assert.deepEqual(root.names().sort(), [name, `${name}.layer`]);
});

test('a layer that somebody else is placing is waited for, however long that takes', (t) => {
  const { path } = temporaryDirectory(t);
  mkdirSync(`${path}/run`);
  using root = ImageRoot.open(path);
  const host = testHost(path);
  const other = lockName(name, host);
  let waits = 0;
  t.mock.method(Atomics, 'wait', () => {
    waits += 1;
    if (waits !== 10_000) return 'timed-out';
    placeLayer(root, tar, attributes);
    other[Symbol.dispose]();
    return 'timed-out';
  });
  placeLayer(root, tar, attributes, undefined, host);
  assert.equal(waits, 10_000);
  assert.ok(isThere(root));
  assert.deepEqual(namesIn(path), [name, `${name}.layer`]);
});

test('what systemd has unpacked of a layer is kept under another name, each time', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  mkdirSync(`${path}/${name}`);
  writeFileSync(`${path}/${name}/.wh.gone`, 'from systemd');
  placeLayer(root, tar, attributes);
  assert.equal(readFileSync(`${path}/${name}.systemd/.wh.gone`, 'utf8'), 'from systemd');
  // Nothing says any more that the layer is Ferry's.
  rmSync(`${path}/${name}.layer`);
  placeLayer(root, tar, attributes);
  assert.equal(readFileSync(`${path}/${name}.systemd.2/a`, 'utf8'), 'from Ferry');
  assert.ok(isThere(root));
  assert.equal(readFileSync(`${path}/${name}/a`, 'utf8'), 'from Ferry');
});
