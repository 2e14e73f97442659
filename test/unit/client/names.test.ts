import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkChecksumFile,
  checkImageName,
  checkLocation,
  checkNewName,
  importName,
  pullName,
} from '../../../client/names.js';
import { cannotBeImageName, nameIsNeeded, notValidUtf8 } from '../../support/texts/client.js';
import {
  beginsInUpperCase,
  cannotBeParsedAsUrl,
  doesNotBeginWithScheme,
  fileUrlNamesHost,
  mustBeEncoded,
  notAscii,
  reservedForCache,
  reservedForSysupdate,
  standsForHost,
} from '../../support/texts/common.js';
import {
  checksumFileEmpty,
  checksumFileHasQuery,
  checksumFileIsDirectory,
  checksumFileNotAscii,
  checksumFileOfOtherKind,
  checksumFileUnusable,
  digestOfWrongLength,
  digestUnusable,
} from '../../support/texts/verification.js';

test('a parameter that was not UTF-8 is not taken for a name', () => {
  const message = `'a�' ${cannotBeImageName}: ${notValidUtf8}.`;
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
  const message = nameIsNeeded;
  assert.throws(() => importName('-', undefined, 'tar'), { message });
  assert.throws(() => importName('', '-', 'tar'), { message });
});

test('the root directory has no name to take', () => {
  assert.throws(() => importName('/', undefined, 'directory'), {
    message: "A NAME is needed: none can be derived from '/'.",
  });
});

const schemes = `it ${doesNotBeginWithScheme}`;
const urls: [url: string, problem?: string][] = [
  ['http://h/x.tar'],
  ['https://h/x.tar?y#z'],
  ['file:///x.tar'],
  ['file:/x.tar'],
  ['ftp://h/x', schemes],
  ['HTTP://h/x', `it ${beginsInUpperCase}`],
  ['http://', `it ${cannotBeParsedAsUrl}`],
  ['http://h:99999/x', `it ${cannotBeParsedAsUrl}`],
  ['file://h/x', `it ${fileUrlNamesHost('h')}`],
  ['./x.tar', `${schemes} For a file on this host use import-tar.`],
  ['/x.tar', `${schemes} For a file on this host use import-tar.`],
  ['http://h/a b', `it ${mustBeEncoded('a space', 11)}`],
  ['http://h/\x1b[31m', `it ${mustBeEncoded('the control character 0x1b', 10)}`],
  ['http://h/ä', `it ${mustBeEncoded(`${notAscii('ä')},`, 10)}`],
];

for (const [url, problem] of urls) {
  test(`${JSON.stringify(url)} is ${problem ? 'refused' : 'a URL'}`, () => {
    if (problem === undefined) assert.equal(checkLocation(url, 'tar', undefined).url, url);
    else
      assert.throws(() => checkLocation(url, 'tar', undefined), {
        message: `'${url}' is not a URL to pull from: ${problem}`,
      });
  });
}

test('a refused URL is shown without its password', () => {
  assert.throws(
    () => checkLocation('ftp://user:secret@h/x', 'tar', undefined),
    (error: Error) => !error.message.includes('secret'),
  );
});

test('the digest in a URL is taken out of it, for a service that would ignore it', () => {
  const hex = '5f'.repeat(32);
  const taken = { url: 'http://h/x.tar', digest: `sha256:${hex}` };
  assert.deepEqual(checkLocation(`http://h/x.tar#sha256=${hex}`, 'tar', undefined), taken);
  assert.deepEqual(checkLocation('http://h/x.tar', 'tar', taken.digest), taken);
  const url = 'http://h/x.tar#sha256=5f';
  const message = `${digestUnusable(url, digestOfWrongLength('sha256', 64, 2))}.`;
  assert.throws(() => checkLocation(url, 'tar', undefined), { name: 'UserError', message });
});

const checksumFiles: [text: string, url: string, problem?: string][] = [
  ['SHA256SUMS', 'http://h/x.tar'],
  ['Fedora-Cloud-44-1.1-x86_64-CHECKSUM', 'https://h/x.tar'],
  ['a%20b', 'file:///x.tar'],
  ['https://other/SUMS?token=1', 'http://h/x.tar'],
  ['file:///srv/SUMS', 'file:///x.tar'],
  ['', 'http://h/x.tar', checksumFileEmpty],
  ['..', 'http://h/x.tar', checksumFileIsDirectory],
  ['.', 'http://h/x.tar', checksumFileIsDirectory],
  ['SUMS?a', 'http://h/x.tar', checksumFileHasQuery],
  ['SUMS#a', 'http://h/x.tar', checksumFileHasQuery],
  ['S UMS', 'http://h/x.tar', checksumFileNotAscii],
  ['SÜMS', 'http://h/x.tar', checksumFileNotAscii],
  ['sub/SUMS', 'http://h/x.tar', doesNotBeginWithScheme],
  ['../SUMS', 'http://h/x.tar', doesNotBeginWithScheme],
  ['ftp://h/SUMS', 'http://h/x.tar', doesNotBeginWithScheme],
  ['http://', 'http://h/x.tar', cannotBeParsedAsUrl],
  ['file:///SUMS', 'http://h/x.tar', checksumFileOfOtherKind],
  ['http://h/SUMS', 'file:///x.tar', checksumFileOfOtherKind],
];
for (const [text, url, problem] of checksumFiles) {
  test(`${JSON.stringify(text)} is ${problem === undefined ? 'a' : 'refused as'} checksum file for ${url}`, () => {
    if (problem === undefined) return checkChecksumFile(text, url);
    const message = checksumFileUnusable(text, problem);
    assert.throws(() => checkChecksumFile(text, url), { name: 'UserError', message });
  });
}

test('what cannot be given to an image can still be used of one', () => {
  for (const [name, problem] of [
    ['.host', standsForHost],
    ['.raw-x', reservedForCache],
    ['.tar-x', reservedForCache],
    ['.sysupdate.x', reservedForSysupdate],
  ] as const) {
    const message = `'${name}' ${cannotBeImageName}: ${problem}.`;
    assert.throws(() => importName(name, undefined, 'directory'), { name: 'UserError', message });
    assert.throws(() => pullName(name, 'tar'), { name: 'UserError', message });
    assert.throws(() => checkNewName(name), { name: 'UserError', message });
    assert.equal(checkImageName(name), name);
  }
});
