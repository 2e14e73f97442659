import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { isExpired, type ListedDigest, parseSums } from '../../../../service/verify/sums.js';

const one = createHash('sha256').update('one').digest('hex');
const two = createHash('sha256').update('two').digest('hex');
const long = createHash('sha512').update('one').digest('hex');
const listed: ListedDigest = { kind: 'listed', algorithm: 'sha256', digest: one };
const listedLong: ListedDigest = { kind: 'listed', algorithm: 'sha512', digest: long };
const unlisted: ListedDigest = { kind: 'unlisted' };
const clear = (text: string) =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n`;

const rows: [what: string, text: string, name: string, expected: ListedDigest][] = [
  ['GNU text', `${one}  a.raw\n`, 'a.raw', listed],
  ['GNU binary', `${one} *a.raw\n`, 'a.raw', listed],
  ['one space', `${one} a.raw\n`, 'a.raw', listed],
  ['three spaces', `${one}   a.raw\n`, 'a.raw', listed],
  ['tab', `${one}\ta.raw\n`, 'a.raw', listed],
  ['a name that begins with an asterisk', `${one}  *a.raw\n`, '*a.raw', listed],
  ['no final newline', `${two}  b\n${one}  a.raw`, 'a.raw', listed],
  ['CRLF', `${two}  b\r\n${one}  a.raw\r\n`, 'a.raw', listed],
  ['upper case', `${one.toUpperCase()}  a.raw\n`, 'a.raw', listed],
  ['./ prefix', `${one}  ./a.raw\n`, 'a.raw', listed],
  ['././ prefix', `${one}  .//./a.raw\n`, 'a.raw', listed],
  ['path prefix', `${one}  /srv/out/a.raw\n`, 'a.raw', listed],
  ['exact name before path', `${two}  old/a.raw\n${one}  a.raw\n`, 'a.raw', listed],
  ['BOM', `\uFEFF${one}  a.raw\n`, 'a.raw', listed],
  ['indented', `   ${one}  a.raw  \n`, 'a.raw', listed],
  ['comments', `# ${two}  a.raw\n; x\n\n${one}  a.raw\n`, 'a.raw', listed],
  ['BSD', `SHA256 (a.raw) = ${one}\n`, 'a.raw', listed],
  ['BSD, upper case', `SHA256 (a.raw) = ${one.toUpperCase()}\n`, 'a.raw', listed],
  ['BSD, parentheses in the name', `SHA256 (a (1).raw) = ${one}\n`, 'a (1).raw', listed],
  ['OpenSSL 1', `SHA256(a.raw)= ${one}\n`, 'a.raw', listed],
  ['OpenSSL 3', `SHA2-256(a.raw)= ${one}\n`, 'a.raw', listed],
  ['BSD, digest of another length', `SHA256 (a.raw) = ${long}\n`, 'a.raw', unlisted],
  [
    'BSD among others',
    `MD5 (a.raw) = ${one.slice(32)}\nSHA512 (a.raw) = ${long}\nSHA256 (a.raw) = ${one}\n`,
    'a.raw',
    listed,
  ],
  ['bare', `${one}\n`, 'a.raw', listed],
  ['bare, no newline, upper case', one.toUpperCase(), 'a.raw', listed],
  ['bare sha512', `${long}\n`, 'a.raw', listedLong],
  ['GNU sha512', `${long}  a.raw\n`, 'a.raw', listedLong],
  ['BSD sha512', `SHA512 (a.raw) = ${long}\n`, 'a.raw', listedLong],
  ['both lengths: sha256', `${long}  a.raw\n${one}  a.raw\n`, 'a.raw', listed],
  ['md5 only', `${one.slice(32)}  a.raw\n`, 'a.raw', unlisted],
  ['sha384 only', `${long.slice(32)}  a.raw\n`, 'a.raw', unlisted],
  ['another name', `${one}  b.raw\n`, 'a.raw', unlisted],
  ['name as a part', `${one}  xa.raw\n${one}  a.raw.xz\n`, 'a.raw', unlisted],
  ['digest of a line that holds the name elsewhere', `${two}  b ${one}  a.raw\n`, 'a.raw', unlisted],
  ['case of the name counts', `${one}  A.raw\n`, 'a.raw', unlisted],
  ['empty', '', 'a.raw', unlisted],
  ['HTML', '<!doctype html><title>Not found</title>', 'a.raw', unlisted],
  ['twice the same', `${one}  a.raw\n${one}  ./a.raw\n`, 'a.raw', listed],
  ['twice, differently', `${one}  a.raw\n${two}  a.raw\n`, 'a.raw', { kind: 'ambiguous', digests: [one, two] }],
  ['two paths', `${one}  x/a.raw\n${two}  y/a.raw\n`, 'a.raw', { kind: 'ambiguous', digests: [one, two] }],
  ['two bare ones', `${one}\n${two}\n`, 'a.raw', { kind: 'ambiguous', digests: [one, two] }],
  ['encoded name, listed decoded', `${one}  a b.raw\n`, 'a%20b.raw', listed],
  ['encoded name, listed encoded', `${one}  a%20b.raw\n${two}  a b.raw\n`, 'a%20b.raw', listed],
  ['encoded name that is not UTF-8', `${one}  a%ff.raw\n`, 'a%ff.raw', listed],
  ['escaped backslash', `\\${one}  a\\\\b.raw\n`, 'a\\b.raw', listed],
  ['escaped newline', `\\${one}  a\\nb.raw\n`, 'a\nb.raw', listed],
  ['clear-signed', clear(`${one}  a.raw`), 'a.raw', listed],
  ['clear-signed, CRLF', clear(`${one}  a.raw`).replaceAll('\n', '\r\n'), 'a.raw', listed],
  ['clear-signed, dash-escaped', clear(`- -- list --\n${one}  a.raw`), 'a.raw', listed],
  [
    'clear-signed: what stands outside does not count',
    `${two}  a.raw\n${clear(`${one}  a.raw`)}${two}  a.raw\n`,
    'a.raw',
    listed,
  ],
  [
    'clear-signed Fedora CHECKSUM',
    clear(`# Fedora-Cloud-44.raw.xz: 5 bytes\nSHA256 (a.raw) = ${one}`),
    'a.raw',
    listed,
  ],
  ['BEST-BEFORE is no file', `${one}  BEST-BEFORE-2030-01-01\n`, 'BEST-BEFORE-2030-01-01', unlisted],
];

for (const [what, text, name, expected] of rows) {
  test(`a checksum file: ${what}`, () => {
    assert.deepEqual(parseSums(text).lookUp(name, true), expected);
  });
}

test('a bare digest in a list for many files names none of them', () => {
  assert.deepEqual(parseSums(`${one}\n`).lookUp('a.raw', false), unlisted);
});

test('the earliest best-before date counts, from the beginning of that day', () => {
  const sums = parseSums(`${one}  BEST-BEFORE-2031-05-06\n${one}  ./BEST-BEFORE-2030-01-02\n${two}  a.raw\n`);
  assert.equal(sums.bestBefore, '2030-01-02');
  assert.equal(isExpired('2030-01-02', new Date('2030-01-01T23:59:59Z')), false);
  assert.equal(isExpired('2030-01-02', new Date('2030-01-02T00:00:00Z')), true);
  assert.equal(parseSums(`${two}  a.raw\n`).bestBefore, undefined);
  assert.equal(parseSums(`SHA256 (BEST-BEFORE-2030-01-02) = ${two}\r\n`).bestBefore, '2030-01-02');
});

test('a best-before date that is in no calendar does not count, and is told of', () => {
  for (const date of ['2030-13-01', '2030-02-30', '2030-00-10', '2030-1-2', '20300102', '2030-01-02-', '-']) {
    const sums = parseSums(`${one}  BEST-BEFORE-${date}\n${one}  BEST-BEFORE-2031-01-01\n`);
    assert.equal(sums.bestBefore, '2031-01-01', date);
    assert.deepEqual(sums.falseMarkers, [`BEST-BEFORE-${date}`]);
  }
  assert.deepEqual(parseSums(`${one}  BEST-BEFORE-2028-02-29\n`).falseMarkers, []);
});

test('a file whose name only begins like a best-before date is a file', () => {
  const sums = parseSums(`${one}  BEST-BEFORE-DINNER.raw\n`);
  assert.deepEqual(sums.lookUp('BEST-BEFORE-DINNER.raw', false), listed);
  assert.deepEqual([sums.bestBefore, sums.falseMarkers], [undefined, []]);
});

test('a megabyte of hostile lines is read in linear time', () => {
  for (const line of ['-----BEGIN PGP SIGNED MESSAGE-----\n', `${one} `, 'SHA256 (', '\\', ' \t', `${one}  (a) = `]) {
    assert.equal(parseSums(line.repeat(Math.ceil(1e6 / line.length))).lookUp('a.raw', true).kind, 'unlisted');
  }
});
