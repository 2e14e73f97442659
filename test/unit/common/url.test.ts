import assert from 'node:assert/strict';
import test from 'node:test';
import { Failure } from '../../../common/failure.js';
import {
  checksumFileProblem,
  displayUrl,
  lastComponent,
  readArtefactUrl,
  siblingUrl,
  urlProblem,
  validateUrl,
  withoutQueries,
  withoutUserinfo,
} from '../../../common/url.js';
import {
  beginsInUpperCase,
  cannotBeParsedAsUrl,
  doesNotBeginWithScheme,
  fileUrlNamesHost,
  mustBeEncoded,
  notAscii,
} from '../../support/texts/common.js';
import { cannotDownload } from '../../support/texts/downloads.js';

const refused: [url: string, message: string][] = [
  ['', "The URL '' is empty: give an http://, https:// or file:// URL."],
  ['image.raw', `The URL 'image.raw' ${doesNotBeginWithScheme}`],
  ['ftp://host/a', `The URL 'ftp://host/a' ${doesNotBeginWithScheme}`],
  ['HTTP://host/a', `The URL 'HTTP://host/a' ${beginsInUpperCase}`],
  ['http://', `The URL 'http://' ${cannotBeParsedAsUrl}`],
  ['http://host:99999/a', `The URL 'http://host:99999/a' ${cannotBeParsedAsUrl}`],
  ['http://host/a b', `The URL 'http://host/a b' ${mustBeEncoded('a space', 14)}`],
  ['http://host/a\nb', `The URL 'http://host/a\\nb' ${mustBeEncoded('the control character 0x0a', 14)}`],
  ['http://host/\x1b[2J', `The URL 'http://host/\\x1b[2J' ${mustBeEncoded('the control character 0x1b', 13)}`],
  ['http://host/ä', `The URL 'http://host/ä' ${mustBeEncoded(`${notAscii('ä')},`, 13)}`],
  ['http://me:secret@host/ä', `The URL 'http://host/ä' ${mustBeEncoded(`${notAscii('ä')},`, 23)}`],
  ['file://host/a', `The URL 'file://host/a' ${fileUrlNamesHost('host')}`],
  ['file:///', "The URL 'file:///' names no file."],
  ['file:///a%00b', "The URL 'file:///a%00b' has an encoded slash or NUL, which no file name can have."],
  ['file:///a%zz', "The URL 'file:///a%zz' has a percent escape that is not UTF-8: write a percent sign as %25."],
  ['file:///a%ff', "The URL 'file:///a%ff' has a percent escape that is not UTF-8: write a percent sign as %25."],
  ['file:///a%2Fb', "The URL 'file:///a%2Fb' has an encoded slash or NUL, which no file name can have."],
];

for (const [url, message] of refused) {
  test(`refused: ${JSON.stringify(url)}`, () => {
    assert.throws(
      () => validateUrl(url),
      (error) => error instanceof Failure && error.kind === 'InvalidUrl' && error.message === message,
    );
  });
}

for (const url of [
  'http://h',
  'http://h/',
  'https://h:8443/a/b.raw?x=y#z',
  'http://user:pw@h/a',
  'http://[::1]:80/a',
  'file:///a/b',
  'file:/a/b',
  'http://h/a%20b',
]) {
  test(`accepted: ${url}`, () => {
    assert.equal(validateUrl(url).href, new URL(url).href);
  });
}

const displayed: [string, string][] = [
  ['http://user:secret@host/a', 'http://host/a'],
  ['https://token@host:8443/a?b#c', 'https://host:8443/a?b#c'],
  ['http://a@b@host/x', 'http://host/x'],
  ['http://host/a@b', 'http://host/a@b'],
  ['https://host:1?x@y', 'https://host:1?x@y'],
  ['http://host\\@b/x', 'http://host\\@b/x'],
  ['file:/a@b/c.raw', 'file:/a@b/c.raw'],
  ['http://host?a@b', 'http://host?a@b'],
  ['not a url\x07', 'not a url\\x07'],
  ['file:///a@b', 'file:///a@b'],
  [' http://user:secret@host', ' http://host'],
  ['http:\\\\user:secret@host', 'http:\\\\host'],
  ['ftp://user:secret@host/', 'ftp://host/'],
];
for (const [url, shown] of displayed) {
  test(`shown: ${JSON.stringify(url)}`, () => {
    assert.equal(displayUrl(url), shown);
    assert.equal(withoutUserinfo(url), shown.replace('\\x07', '\x07'));
  });
}

const components: [string, string | undefined, string][] = [
  ['http://h/a/image.raw.xz', 'image.raw.xz', 'http://h/a/SUMS'],
  ['http://h/image.raw', 'image.raw', 'http://h/SUMS'],
  ['http://h/a/image.raw/', 'image.raw', 'http://h/a/SUMS'],
  ['http://h/a/image.raw///', 'image.raw', 'http://h/a/SUMS'],
  ['http://h/a/i.raw?x=/y/z', 'i.raw', 'http://h/a/SUMS'],
  ['http://h/a/i.raw#/y', 'i.raw', 'http://h/a/SUMS'],
  ['http://h/a%20b.raw', 'a%20b.raw', 'http://h/SUMS'],
  ['http://h/a.raw;type=i', 'a.raw', 'http://h/SUMS'],
  ['http://h/a;type=I', 'a', 'http://h/SUMS'],
  ['http://h/x/a.raw;v=1;w=2?y#z', 'a.raw', 'http://h/x/SUMS'],
  ['http://h/a;jsessionid=0A', 'a', 'http://h/SUMS'],
  ['http://h/a;b=c.raw', 'a;b=c.raw', 'http://h/SUMS'],
  ['http://h/a.raw;', 'a.raw;', 'http://h/SUMS'],
  ['http://h/;type=i', ';type=i', 'http://h/SUMS'],
  ['file:///srv/a.raw;type=i', 'a.raw;type=i', 'file:///srv/SUMS'],
  ['http://h/%61%2Eraw%2D%5f%7E%39', 'a.raw-_~9', 'http://h/SUMS'],
  ['http://h/a%2Fb%3B%25%2B.raw', 'a%2Fb%3B%25%2B.raw', 'http://h/SUMS'],
  ['file:///srv/a%2Eraw', 'a%2Eraw', 'file:///srv/SUMS'],
  ['http://h', undefined, 'http://h/SUMS'],
  ['http://h/', undefined, 'http://h/SUMS'],
  ['http://h?a/b', undefined, 'http://h/SUMS'],
  ['http:////h/a', 'a', 'http:////h/SUMS'],
  ['http://u:p@h:80/a/b', 'b', 'http://u:p@h:80/a/SUMS'],
  ['file:///srv/i.raw', 'i.raw', 'file:///srv/SUMS'],
  ['file:///i.raw', 'i.raw', 'file:///SUMS'],
  ['file:/srv/i.raw', 'i.raw', 'file:/srv/SUMS'],
];
for (const [url, component, sibling] of components) {
  test(`last component and sibling: ${url}`, () => {
    assert.equal(lastComponent(url), component);
    assert.equal(siblingUrl(url, 'SUMS'), sibling);
  });
}

test('of every URL in a text the query is left out, in file names too', () => {
  const rows: [text: string, shown: string][] = [
    ['nothing? No', 'nothing? No'],
    ['http://h/x', 'http://h/x'],
    [`${cannotDownload('https://h:1/x?a=b&c?d')} 403.`, `${cannotDownload('https://h:1/x?…')} 403.`],
    ["'http://h?a', (HTTP://h/y?b); http://h/z?", "'http://h?…', (HTTP://h/y?…); http://h/z?…"],
    ['http://h/x?a=b#c', 'http://h/x?…'],
    ['file:///x?a file:/x?b', 'file:///x?… file:/x?…'],
    ['in /m/.raw-http:\\x2f\\x2fh\\x2fx?a.\\x22e\\x22.raw; again', 'in /m/.raw-http:\\x2f\\x2fh\\x2fx?…; again'],
  ];
  for (const [text, shown] of rows) assert.equal(withoutQueries(text), shown);
});

test('the name of a checksum file beside a file: URL is held to the rules for such URLs', () => {
  for (const name of ['a%2fb', '..%2Fb', 'a%00b', 'a%zz', 'a%ff']) {
    assert.notEqual(urlProblem(`file:///dir/${name}`), undefined);
    assert.equal(checksumFileProblem(name, 'file:///dir/x.raw'), urlProblem(`file:///dir/${name}`));
  }
  assert.equal(checksumFileProblem('a%20b', 'file:///dir/x.raw'), undefined);
});

test('the name of an image with its digest is no user name, and a user name before a digest is', () => {
  const digest = `sha256:${'0a'.repeat(32)}`;
  for (const url of [`oci://debian@${digest}`, `oci://debian:13@${digest}#disk.raw`, `oci://r.example/a@${digest}`])
    assert.equal(withoutUserinfo(url), url);
  assert.equal(withoutUserinfo(`oci://me:secret@r.example/a@${digest}`), `oci://r.example/a@${digest}`);
  assert.equal(withoutUserinfo('https://me@sha256:0/x'), 'https://sha256:0/x');
});

test('the URL of an artefact names its reference, and a file if it says', () => {
  assert.deepEqual(readArtefactUrl('oci://r.example:5000/a:1#x.raw'), {
    reference: 'r.example:5000/a:1',
    file: 'x.raw',
  });
  assert.deepEqual(readArtefactUrl('oci://a#'), { reference: 'a', file: undefined });
  for (const url of ['docker://a', 'OCI://a', 'https://a/oci://b', ' oci://a'])
    assert.equal(readArtefactUrl(url), undefined);
});
