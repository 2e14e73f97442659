import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DownloadOrigin,
  escapeForFileName,
  isEntityTag,
  namesUrl,
  parsePristineName,
  pristineName,
  pristineSuffixes,
  unescapeFileName,
} from '../../../../../service/images/layout/pristine-names.js';

test('bytes with a meaning are escaped, and come back', () => {
  assert.equal(escapeForFileName('/.#"\'\\ ?&:\n\u007f'), '\\x2f\\x2e\\x23\\x22\\x27\\x5c ?&:\\x0a\\x7f');
  assert.equal(escapeForFileName('ä'), '\\xc3\\xa4');
  for (const text of ['http://h/a.raw?b#c', 'W/"x"', '\\x41', 'ä €'])
    assert.equal(unescapeFileName(escapeForFileName(text)), text);
});

test('an original is named as systemd names it', () => {
  const raw: DownloadOrigin = { format: 'raw', url: 'http://127.0.0.1:8080/img.raw.xz', etag: '"d93861875736"' };
  const url = 'http:\\x2f\\x2f127\\x2e0\\x2e0\\x2e1:8080\\x2fimg\\x2eraw\\x2exz';
  const root = '/var/lib/machines';
  assert.equal(pristineName(raw, root), `.raw-${url}.\\x22d93861875736\\x22.raw`);
  assert.equal(pristineName(raw, root, '.nspawn'), `.raw-${url}.\\x22d93861875736\\x22.nspawn`);
  assert.equal(pristineName({ ...raw, etag: undefined }, root), `.raw-${url}.raw`);
  assert.equal(pristineName({ ...raw, format: 'tar' }, root), `.tar-${url}.\\x22d93861875736\\x22`);
  assert.equal(
    pristineName({ ...raw, url: 'http://me:secret@127.0.0.1:8080/img.raw.xz' }, root),
    pristineName(raw, root),
  );
});

/** The name of the first came from systemd-pull 262 itself. */
test('a long URL is replaced by its hash', () => {
  const url = `http://127.0.0.1:8321/${'a'.repeat(200)}.raw`;
  const origin: DownloadOrigin = { format: 'raw', url, etag: '"x"' };
  assert.equal(pristineName(origin, '/r'), '.raw-7ec752d7deb8594a.\\x22x\\x22.raw');
});

test('the length of the directory counts', () => {
  const origin: DownloadOrigin = { format: 'tar', url: `http://h/${'a'.repeat(100)}`, etag: undefined };
  const length = pristineName(origin, '/r').length;
  assert.match(pristineName(origin, `/${'r'.repeat(239 - length - 2)}`), /^\.tar-http:/);
  assert.match(pristineName(origin, `/${'r'.repeat(240 - length - 2)}`), /^\.tar-[0-9a-f]+$/);
});

test('an ETag that no file name can hold is left out', () => {
  const origin: DownloadOrigin = { format: 'raw', url: 'http://h/x', etag: `"${'/'.repeat(100)}"` };
  assert.match(pristineName(origin, '/r'), /^\.raw-[^.]+\.raw$/);
});

test('names of originals are read back', () => {
  const origins: DownloadOrigin[] = [
    { format: 'raw', url: 'http://h/x.raw', etag: '"1.2"' },
    { format: 'raw', url: 'http://h/x.raw', etag: undefined },
    { format: 'tar', url: 'http://h/x.tar', etag: 'W/"a"' },
    { format: 'tar', url: 'file:///x.tar', etag: undefined },
    { format: 'raw', url: `http://h/${'b'.repeat(300)}`, etag: '"1"' },
    { format: 'tar', url: `http://h/${'b'.repeat(300)}`, etag: undefined },
  ];
  for (const origin of origins) {
    const parsed = parsePristineName(pristineName(origin, '/r'));
    assert.ok(parsed);
    assert.equal(parsed.format, origin.format);
    assert.equal(parsed.etag, origin.etag);
    assert.equal(namesUrl(parsed, origin.url), true);
    assert.equal(namesUrl(parsed, `${origin.url}x`), false);
  }
});

test('other names are no originals', () => {
  const names = [
    'x.raw',
    '.raw',
    '.raw-',
    '.raw-u.nspawn',
    '.raw-u.e.nspawn',
    '.raw-u.e.roothash.p7s',
    '.raw-u',
    '.tar-u.e.raw',
    '.raw-u.proofs',
    '.raw-u.e.proofs',
    '.tar-u.e.proofs',
  ];
  for (const name of names) assert.equal(parsePristineName(name), undefined, name);
});

test('what hangs off a tree without an ETag is not taken for another tree', () => {
  const origin: DownloadOrigin = { format: 'tar', url: 'http://h/x.tar', etag: undefined };
  for (const suffix of pristineSuffixes) {
    const name = pristineName(origin, '/r', suffix);
    assert.ok(name.endsWith(suffix));
    assert.equal(parsePristineName(name), undefined, name);
  }
});

test('proofs never have the name of a download, whatever its URL and ETag', () => {
  const url = 'http://h/x';
  for (const format of ['raw', 'tar'] as const) {
    const proofs = pristineName({ format, url, etag: undefined }, '/r', '.proofs');
    for (const [other, etag] of [
      [url, '"proofs"'],
      [url, '.proofs'],
      [`${url}.proofs`, undefined],
      [`${url}."proofs"`, undefined],
    ] as const)
      assert.notEqual(pristineName({ format, url: other, etag }, '/r'), proofs);
  }
});

test('an ETag without quotes is none', () => {
  assert.equal(parsePristineName('.raw-u.abc.raw')?.etag, undefined);
  for (const [text, expected] of [
    ['"a"', true],
    ['W/"a"', true],
    ['a', false],
    ['w/"a"', false],
    ['"a', false],
    ['""', true],
    [`"${'a'.repeat(4094)}"`, true],
    [`"${'a'.repeat(4095)}"`, false],
    ['"a\nHost: evil"', false],
    ['"\0"', false],
    ['"€"', false],
  ] as const)
    assert.equal(isEntityTag(text), expected, text);
});

test('the user of a URL is not part of what a download is known by, and nothing else is dropped', () => {
  const nameOf = (url: string) => pristineName({ format: 'raw', url, etag: undefined }, '/r');
  assert.equal(nameOf('https://u:p@h/a'), nameOf('https://h/a'));
  // The path of a file: URL with one slash begins there: these are different files.
  assert.notEqual(nameOf('file:/a@b/c.raw'), nameOf('file:/b/c.raw'));
});
