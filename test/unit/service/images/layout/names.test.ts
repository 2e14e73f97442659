import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeText } from '../../../../../common/escape.js';
import {
  imageNameFromUrl,
  isValidImageName,
  lastUrlComponent,
  stripRawSuffix,
  stripTarSuffix,
  validateBelongings,
  validateFileName,
  validateImageName,
  validateNewName,
} from '../../../../../service/images/layout/names.js';

test('the last component of an URL is taken undecoded', async (t) => {
  const table: [url: string, component: string | null][] = [
    ['http://host/img.raw.xz', 'img.raw.xz'],
    ['http://host/a/b/img.raw?x=/y#z', 'img.raw'],
    ['https://host/a/img.raw#frag/ment', 'img.raw'],
    ['http://host/dir///', 'dir'],
    ['http://host/a%20b.raw', 'a%20b.raw'],
    ['http://user:secret@host/x.tar', 'x.tar'],
    ['http://host', null],
    ['http://host/', null],
    ['http://host?a/b', null],
    ['http://host#a/b', null],
    ['file:///x.raw', 'x.raw'],
    ['file:/var/x.raw', 'x.raw'],
    ['file:///', null],
  ];
  for (const [url, component] of table) {
    await t.test(url, () => assert.equal(lastUrlComponent(url), component));
  }
});

test('one suffix of tar archives is taken off', () => {
  const suffixes = ['tar', 'tar.xz', 'tar.gz', 'tar.bz2', 'tar.zst', 'tar.zstd', 'tgz', 'txz', 'tbz2', 'tzst'];
  for (const suffix of suffixes) assert.equal(stripTarSuffix(`a.${suffix}`), 'a', suffix);
  const table: [string, string][] = [
    ['a', 'a'],
    ['a.tar.tar', 'a.tar'],
    ['a.tar.lz4', 'a.tar.lz4'],
    ['a.TAR', 'a.TAR'],
    ['.tar', ''],
    ['a.tar.tgz', 'a.tar'],
  ];
  for (const [name, expected] of table) assert.equal(stripTarSuffix(name), expected, name);
});

test('all suffixes of disk images are taken off', () => {
  const table: [string, string][] = [
    ['a.raw', 'a'],
    ['a.raw.gz.xz.img.bin', 'a'],
    ['nn.raw.xz', 'nn'],
    ['x.sysext.raw', 'x'],
    ['x.confext.raw.zst', 'x'],
    ['x.qcow2', 'x'],
    ['x.bz2', 'x'],
    ['x.sysext', 'x.sysext'],
    ['x.iso', 'x.iso'],
    ['.raw', ''],
    ['x.raw.txt', 'x.raw.txt'],
  ];
  for (const [name, expected] of table) assert.equal(stripRawSuffix(name), expected, name);
});

test('names that an image may have', () => {
  for (const name of ['a', 'foo bar', '.hid', 'ä', 'a'.repeat(255), '…', '#x', 'a.b', '-', '\u{1f600}'])
    assert.equal(validateImageName(name), name);
});

test('names that no image may have are refused with the reason', async (t) => {
  const table: [name: string, reason: string][] = [
    ['', 'it is empty'],
    ['.', 'it stands for a directory'],
    ['..', 'it stands for a directory'],
    ['a/b', "it contains a '/'"],
    ['a\nb', 'it contains a control character'],
    ['a\u007f', 'it contains a control character'],
    ['a\0', 'it contains a control character'],
    ['.#x', "names that begin with '.#' are kept for temporary files"],
    ['a'.repeat(256), 'it is longer than 255 bytes'],
    ['ä'.repeat(128), 'it is longer than 255 bytes'],
    ['\ud800', 'it is not valid UTF-8'],
    ['\ufffe', 'it is not valid UTF-8'],
    ['\ufdd0', 'it is not valid UTF-8'],
    ['\u{1ffff}', 'it is not valid UTF-8'],
  ];
  for (const [name, reason] of table) {
    await t.test(JSON.stringify(name).slice(0, 20), () => {
      assert.equal(isValidImageName(name), false);
      const message = `'${escapeText(name)}' cannot be the name of an image: ${reason}. Give another one`;
      assert.throws(() => validateImageName(name), { kind: 'InvalidName', message, facts: { name } });
    });
  }
  assert.throws(() => validateImageName('a\x1b[2J'), /\\x1b\[2J/);
});

test('a name is derived from the URL, or refused', () => {
  assert.equal(imageNameFromUrl('http://h/d.raw.xz?y', 'raw'), 'd');
  assert.equal(imageNameFromUrl('http://h/d.tar.xz', 'tar'), 'd');
  assert.throws(() => imageNameFromUrl('http://h/.raw', 'raw'), { kind: 'InvalidName' });
  assert.throws(() => imageNameFromUrl('http://h/', 'raw'), {
    kind: 'InvalidName',
    message: 'The URL has no last component that an image could be named after. Give a name',
  });
});

test('a file name has to fit into a directory', () => {
  assert.equal(validateFileName('a'.repeat(255), 'a'), 'a'.repeat(255));
  assert.throws(() => validateFileName(`${'a'.repeat(252)}.raw`, 'a'), {
    kind: 'InvalidName',
    message: "'a' cannot be the name of this image: its file name would be longer than 255 bytes. Give a shorter one",
  });
});

test('a name is refused before it is used when what belongs to the image could not have it', () => {
  const name = 'n'.repeat(248);
  validateBelongings(name, ['.nspawn']);
  validateBelongings(`${name}nnnnnnn`, []);
  const message = `'${name}n' cannot be the name of this image: its '.nspawn' file would have a name longer than 255 bytes. Give a shorter one`;
  assert.throws(() => validateBelongings(`${name}n`, ['.nspawn']), { kind: 'InvalidName', message });
  assert.equal(validateNewName('n'.repeat(255), 'machine', 'n'.repeat(255)).length, 255);
  assert.equal(validateNewName('n'.repeat(251), 'machine', `${'n'.repeat(251)}.raw`).length, 251);
  assert.throws(() => validateNewName('n'.repeat(252), 'machine', `${'n'.repeat(252)}.raw`), { kind: 'InvalidName' });
});

const reserved: [
  name: string,
  imageClass: 'machine' | 'portable' | 'sysext' | 'confext',
  fileName: string,
  reason: string | null,
][] = [
  ['.host', 'machine', '.host', 'it stands for this host itself'],
  ['.host', 'sysext', '.host.raw', 'it stands for this host itself'],
  ['.raw-x', 'machine', '.raw-x.raw', "names that begin with '.raw-' or '.tar-' are reserved for cached downloads"],
  ['.tar-x', 'portable', '.tar-x', "names that begin with '.raw-' or '.tar-' are reserved for cached downloads"],
  ['.sysupdate.x', 'machine', '.sysupdate.x', "names that begin with '.sysupdate.' are reserved for systemd-sysupdate"],
  ['x.v', 'machine', 'x.v', "trees whose names end in '.v' or '.mstack' are collections"],
  ['x.mstack', 'machine', 'x.mstack', "trees whose names end in '.v' or '.mstack' are collections"],
  ['x.sysext', 'sysext', 'x.sysext', "images of class sysext are listed without '.sysext'"],
  ['x.confext', 'confext', 'x.confext.raw', "images of class confext are listed without '.confext'"],
  ['x.v', 'machine', 'x.v.raw', null],
  ['x.sysext', 'confext', 'x.sysext', null],
  ['.raw', 'machine', '.raw', null],
  ['.hidden', 'machine', '.hidden', null],
];

test('no image gets a name under which clean would remove it, or nothing would find it again', () => {
  for (const [name, imageClass, fileName, reason] of reserved) {
    if (reason === null) assert.equal(validateNewName(name, imageClass, fileName), name);
    else {
      const message = `'${name}' cannot be the name of an image: ${reason}. Give another one`;
      assert.throws(() => validateNewName(name, imageClass, fileName), { kind: 'InvalidName', message });
    }
    // What has such a name all the same can be listed, exported and removed.
    assert.equal(validateImageName(name), name);
  }
});
