import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkUrl,
  importName,
  nameProblem,
  pullName,
  stripRawSuffixes,
  stripTarSuffix,
} from '../../../client/names.js';

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

const names: [name: string, valid: boolean][] = [
  ['jammy', true],
  ['foo bar', true],
  ['.hid', true],
  ['ä', true],
  ['é'.repeat(127), true],
  ['a'.repeat(255), true],
  ['a'.repeat(256), false],
  ['é'.repeat(128), false],
  ['', false],
  ['.', false],
  ['..', false],
  ['.#x', false],
  ['a/b', false],
  ['a\nb', false],
  ['a\x7f', false],
  ['a\ufffd', false],
];

for (const [name, valid] of names) {
  test(`${JSON.stringify(name.slice(0, 9))} (${name.length}) is ${valid ? 'a' : 'no'} name`, () => {
    assert.equal(nameProblem(name) === undefined, valid);
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

const urls: [url: string, message: RegExp | undefined][] = [
  ['http://h/x.tar', undefined],
  ['https://h/x.tar?y#z', undefined],
  ['file:///x.tar', undefined],
  ['file:/x.tar', undefined],
  ['ftp://h/x', /must begin with http:\/\/, https:\/\/ or file:\/\/\.$/],
  ['HTTP://h/x', /must begin/],
  ['http://', /must begin/],
  ['./x.tar', /For a file on this host use import-tar\.$/],
  ['/x.tar', /use import-tar/],
  ['http://h/a b', /must be written as %20/],
  ['http://h/\x1b[31m', /control characters/],
  ['http://h/ä', /percent-encoded/],
];

for (const [url, message] of urls) {
  test(`${JSON.stringify(url)} is ${message ? 'refused' : 'a URL'}`, () => {
    if (message === undefined) assert.equal(checkUrl(url, 'tar'), url);
    else assert.throws(() => checkUrl(url, 'tar'), { message });
  });
}

test('a refused URL is shown without its password', () => {
  assert.throws(
    () => checkUrl('ftp://user:secret@h/x', 'tar'),
    (error: Error) => !error.message.includes('secret'),
  );
});
