import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImageName, checkNewName, checkUrl, importName, pullName } from '../../../client/names.js';

test('a parameter that was not UTF-8 is not taken for a name', () => {
  const message = "'a\ufffd' cannot be the name of an image: it is not valid UTF-8.";
  assert.throws(() => checkImageName('a\ufffd'), { name: 'UserError', message });
  assert.throws(() => checkNewName('a\ufffd'), { name: 'UserError', message });
});

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

const schemes = 'it does not begin with http://, https:// or file:///.';
const urls: [url: string, problem?: string][] = [
  ['http://h/x.tar'],
  ['https://h/x.tar?y#z'],
  ['file:///x.tar'],
  ['file:/x.tar'],
  ['ftp://h/x', schemes],
  ['HTTP://h/x', schemes],
  ['http://', 'it cannot be parsed: check its host name and port.'],
  ['http://h:99999/x', 'it cannot be parsed: check its host name and port.'],
  ['file://h/x', "it names the host 'h': file URLs have three slashes, as in file:///path."],
  ['./x.tar', `${schemes} For a file on this host use import-tar.`],
  ['/x.tar', `${schemes} For a file on this host use import-tar.`],
  ['http://h/a b', 'it has a space at position 11: percent-encode it.'],
  ['http://h/\x1b[31m', 'it has the control character 0x1b at position 10: percent-encode it.'],
  ['http://h/ä', "it has the character 'ä', which is not ASCII, at position 10: percent-encode it."],
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
