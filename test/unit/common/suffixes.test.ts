import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importName } from '../../../client/names.js';
import { compressionOf, stripRawSuffixes, stripTarSuffix } from '../../../common/suffixes.js';
import { nameFromUrl } from '../../../service/images/layout/url-names.js';

const archives: [name: string, stripped: string][] = [
  ['a.tar', 'a'],
  ['a.tar.xz', 'a'],
  ['a.tar.gz', 'a'],
  ['a.tar.bz2', 'a'],
  ['a.tar.zst', 'a'],
  ['a.tar.zstd', 'a'],
  ['a.tgz', 'a'],
  ['a.txz', 'a'],
  ['a.tbz2', 'a'],
  ['a.tbz', 'a'],
  ['a.tzst', 'a'],
  ['a.tar.tar', 'a.tar'],
  ['a.tar.tgz', 'a.tar'],
  ['a.tar.lz4', 'a'],
  ['a.tar.lzma', 'a'],
  ['a.tlz4', 'a'],
  ['a.tar.lz', 'a.tar.lz'],
  ['a.cpio', 'a'],
  ['a.cpio.zst', 'a'],
  ['a.tar.gz.xz', 'a'],
  ['a.tar.lz4.zst', 'a'],
  ['a.tgz.gz', 'a'],
  ['a.gz.xz', 'a.gz.xz'],
  ['a.TAR', 'a.TAR'],
  ['a.gz', 'a.gz'],
  ['a', 'a'],
  ['jammy-server-cloudimg-amd64-root.tar.xz', 'jammy-server-cloudimg-amd64-root'],
];

const disks: [name: string, stripped: string][] = [
  ['a.raw', 'a'],
  ['a.raw.zstd', 'a'],
  ['a.raw.lz4', 'a'],
  ['a.img.lzma', 'a'],
  ['a.raw.gz.xz.img.bin', 'a'],
  ['x.sysext.raw', 'x'],
  ['x.confext.raw.zst', 'x'],
  ['nn.raw.xz', 'nn'],
  ['a.qcow2', 'a'],
  ['a.img.bz2', 'a'],
  ['a.tar', 'a.tar'],
  ['a.sysext', 'a.sysext'],
  ['a.iso', 'a.iso'],
  ['a.raw.txt', 'a.raw.txt'],
  ['jammy-server-cloudimg-amd64-disk-kvm.img', 'jammy-server-cloudimg-amd64-disk-kvm'],
];

for (const [form, names, strip] of [
  ['tar', archives, stripTarSuffix],
  ['raw', disks, stripRawSuffixes],
] as const) {
  for (const [name, stripped] of names) {
    test(`${name} makes the image ${stripped}, imported as ${form} or pulled`, () => {
      assert.equal(strip(name), stripped);
      assert.equal(importName(name, undefined, form), stripped);
      assert.equal(nameFromUrl(`http://host/${name}`, form), stripped);
    });
  }
}

test('a suffix alone leaves nothing', () => {
  assert.equal(stripTarSuffix('.tar'), '');
  assert.equal(stripRawSuffixes('.raw'), '');
});

test('every suffix that promises a compression is taken off the name of an import', () => {
  for (const suffix of ['xz', 'gz', 'bz2', 'zst', 'zstd']) {
    assert.equal(stripRawSuffixes(`a.${suffix}`), 'a');
    assert.equal(stripTarSuffix(`a.tar.${suffix}`), 'a');
    assert.equal(compressionOf(`a.tar.${suffix}`), compressionOf(`a.${suffix}`));
  }
  for (const suffix of ['tgz', 'txz', 'tbz2', 'tbz', 'tzst']) {
    assert.equal(stripTarSuffix(`a.${suffix}`), 'a');
    assert.notEqual(compressionOf(`a.${suffix}`), undefined);
  }
  assert.equal(compressionOf('A.TAR.ZSTD'), 'zstd');
  assert.equal(compressionOf('a.tar'), undefined);
  // They are read, but not written.
  assert.equal(compressionOf('a.tar.lz4'), undefined);
});
