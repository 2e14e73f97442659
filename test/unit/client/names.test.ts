import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkImageName,
  checkNewName,
  checkUrl,
  importName,
  nameProblem,
  pullName,
  stripRawSuffixes,
  stripTarSuffix,
} from '../../../client/names.js';
import { isValidImageName } from '../../../service/images/layout/names.js';

const tarNames: [name: string, stripped: string][] = [
  ['a.tar', 'a'],
  ['a.tar.xz', 'a'],
  ['a.tar.gz', 'a'],
  ['a.tar.bz2', 'a'],
  ['a.tar.zst', 'a'],
  ['a.tgz', 'a'],
  ['a.txz', 'a'],
  ['a.tbz2', 'a'],
  ['a.tzst', 'a'],
  ['a.tar.tar', 'a.tar'],
  ['a.gz', 'a.gz'],
  ['a', 'a'],
  ['.tar', ''],
  ['jammy-server-cloudimg-amd64-root.tar.xz', 'jammy-server-cloudimg-amd64-root'],
];

for (const [name, stripped] of tarNames) {
  test(`a tar archive ${name} becomes '${stripped}'`, () => assert.equal(stripTarSuffix(name), stripped));
}

const rawNames: [name: string, stripped: string][] = [
  ['a.raw', 'a'],
  ['a.raw.gz.xz.img.bin', 'a'],
  ['x.sysext.raw', 'x'],
  ['x.confext.raw.zst', 'x'],
  ['nn.raw.xz', 'nn'],
  ['a.qcow2', 'a'],
  ['a.img.bz2', 'a'],
  ['jammy-server-cloudimg-amd64-disk-kvm.img', 'jammy-server-cloudimg-amd64-disk-kvm'],
  ['a.tar', 'a.tar'],
  ['.raw', ''],
];

for (const [name, stripped] of rawNames) {
  test(`a disk image ${name} becomes '${stripped}'`, () => assert.equal(stripRawSuffixes(name), stripped));
}

const names: [name: string, problem: string | undefined][] = [
  ['jammy', undefined],
  ['foo bar', undefined],
  ['.hid', undefined],
  ['ä', undefined],
  ['é'.repeat(127), undefined],
  ['a'.repeat(255), undefined],
  ['a'.repeat(256), 'it is longer than 255 bytes'],
  ['é'.repeat(128), 'it is longer than 255 bytes'],
  ['', 'it is empty'],
  ['.', 'it is a directory reference'],
  ['..', 'it is a directory reference'],
  ['.#x', "names beginning with '.#' are kept for temporary files"],
  ['a/b', "it contains '/'"],
  ['a\nb', 'it contains control characters'],
  ['a\x7f', 'it contains control characters'],
  ['a\ufffd', 'it is not valid UTF-8'],
];

for (const [name, problem] of names) {
  test(`${JSON.stringify(name.slice(0, 9))} (${name.length}) is ${problem === undefined ? 'a' : 'no'} name`, () => {
    if (problem === undefined) assert.equal(checkImageName(name), name);
    else {
      const message = `'${name}' cannot be the name of an image: ${problem}.`;
      assert.throws(() => checkImageName(name), { name: 'UserError', message });
    }
  });
}

test('a pull is called what was given, without suffixes', () => {
  assert.deepEqual(pullName('nn.raw.xz', 'raw'), { name: 'nn' });
  assert.deepEqual(pullName('nn.tar.xz', 'tar'), { name: 'nn' });
});

test('a pull without a name leaves it to the service', () => {
  assert.deepEqual(pullName(undefined, 'tar'), {});
  assert.deepEqual(pullName('', 'tar'), {});
});

test('a pull called - keeps the pristine download only', () =>
  assert.deepEqual(pullName('-', 'raw'), { pristineOnly: true }));

test('a name of which nothing is left is refused', () => {
  const message = "'.tar' cannot be the name of an image: nothing is left of it without its suffix.";
  assert.throws(() => pullName('.tar', 'tar'), { message });
});

const imports: [file: string, given: string | undefined, form: 'tar' | 'raw' | 'directory', name: string][] = [
  ['/x/foo.tar.xz', undefined, 'tar', 'foo'],
  ['foo.tar', 'bar.tgz', 'tar', 'bar'],
  ['foo.tar', '-', 'tar', 'foo'],
  ['foo.tar', '', 'tar', 'foo'],
  ['-', 'bar', 'raw', 'bar'],
  ['disk.img.zst', undefined, 'raw', 'disk'],
  ['/x/tree/', undefined, 'directory', 'tree'],
  ['/x/tree.tar', undefined, 'directory', 'tree.tar'],
  ['/x/y/..', undefined, 'directory', 'x'],
];

for (const [file, given, form, name] of imports) {
  test(`import of ${file} as ${given} (${form}) is called ${name}`, () =>
    assert.equal(importName(file, given, form), name));
}

test('an import from standard input needs a name', () => {
  const message = 'A NAME is needed when the image is read from standard input.';
  assert.throws(() => importName('-', undefined, 'tar'), { message });
  assert.throws(() => importName('', '-', 'tar'), { message });
});

test('the root directory has no name to take', () => {
  assert.throws(() => importName('/', undefined, 'directory'), {
    message: "A NAME is needed: none can be derived from '/'.",
  });
});

const schemes = 'it must begin with http://, https:// or file://.';
const urls: [url: string, problem?: string][] = [
  ['http://h/x.tar'],
  ['https://h/x.tar?y#z'],
  ['file:///x.tar'],
  ['file:/x.tar'],
  ['ftp://h/x', schemes],
  ['HTTP://h/x', schemes],
  ['http://', schemes],
  ['./x.tar', `${schemes} For a file on this host use import-tar.`],
  ['/x.tar', `${schemes} For a file on this host use import-tar.`],
  ['http://h/a b', 'spaces and control characters must be written as %20 and so on.'],
  ['http://h/\x1b[31m', 'spaces and control characters must be written as %20 and so on.'],
  ['http://h/ä', 'characters beyond ASCII must be percent-encoded.'],
];

for (const [url, problem] of urls) {
  test(`${JSON.stringify(url)} is ${problem ? 'refused' : 'a URL'}`, () => {
    if (problem === undefined) assert.equal(checkUrl(url, 'tar'), url);
    else assert.throws(() => checkUrl(url, 'tar'), { message: `'${url}' is not a URL to pull from: ${problem}` });
  });
}

test('a refused URL is shown without its password', () => {
  assert.throws(
    () => checkUrl('ftp://user:secret@h/x', 'tar'),
    (error: Error) => !error.message.includes('secret'),
  );
});

test('what cannot be given to an image can still be used of one', () => {
  for (const [name, problem] of [
    ['.host', 'it stands for this host itself'],
    ['.raw-x', "names that begin with '.raw-' or '.tar-' are reserved for cached downloads"],
    ['.tar-x', "names that begin with '.raw-' or '.tar-' are reserved for cached downloads"],
    ['.sysupdate.x', "names that begin with '.sysupdate.' are reserved for systemd-sysupdate"],
  ] as const) {
    const message = `'${name}' cannot be the name of an image: ${problem}.`;
    assert.throws(() => importName(name, undefined, 'directory'), { name: 'UserError', message });
    assert.throws(() => pullName(name, 'tar'), { name: 'UserError', message });
    assert.throws(() => checkNewName(name), { name: 'UserError', message });
    assert.equal(checkImageName(name), name);
  }
});

test('client and service agree on what an image can be called', () => {
  const names = [
    'a',
    'a b',
    '.hidden',
    'ä',
    'x\u0085',
    'x\u009b',
    'x\u00ad',
    '',
    '.',
    '..',
    'a/b',
    '.#a',
    'x\n',
    'x\u007f',
    'a'.repeat(256),
  ];
  for (const name of names) assert.equal(nameProblem(name) === undefined, isValidImageName(name), JSON.stringify(name));
});
