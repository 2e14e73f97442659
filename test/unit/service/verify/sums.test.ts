import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { decodeSums, isExpired, type ListedDigest, parseSums } from '../../../../service/verify/sums.js';
import { sha256 } from '../../../support/files.js';
import { isMarkupAndNoList, listsNoName, listsOnly, listsOnlyWeak } from '../../../support/texts/verification.js';

const one = sha256('one');
const two = sha256('two');
const long = createHash('sha512').update('one').digest('hex');
const listed: ListedDigest = { kind: 'listed', algorithm: 'sha256', digest: one };
const listedLong: ListedDigest = { kind: 'listed', algorithm: 'sha512', digest: long };
const unlisted: ListedDigest = { kind: 'unlisted' };
const other = createHash('sha512').update('other').digest('hex');
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
/** As gpg prints digests: groups of eight digits, so many on a line. */
const grouped = (hex: string, perLine: number) =>
  (hex.toUpperCase().match(/.{8}/g) ?? [])
    .map((group, index) => (index > 0 && index % perLine === 0 ? `\n  ${group}` : group))
    .join(' ');
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
  ['of standard input', `${one}  -\n`, 'a.raw', listed],
  ['of standard input, binary', `${one} *-\n`, 'a.raw', listed],
  ['of standard input, OpenSSL', `SHA2-256(stdin)= ${one}\n`, 'a.raw', listed],
  ['of standard input, OpenSSL 1', `SHA256((stdin))= ${one}\n`, 'a.raw', listed],
  ['of standard input, BSD', `SHA256 (-) = ${one}\n`, 'a.raw', listed],
  ['algorithm and digest', `sha256:${one}\n`, 'a.raw', listed],
  ['algorithm and digest, BSD', `SHA256 = ${one}\n`, 'a.raw', listed],
  ['algorithm and digest, YAML', `sha512: ${long}\n`, 'a.raw', listedLong],
  ['algorithm, digest and name', `sha256:${one}  a.raw\n`, 'a.raw', listed],
  ['algorithm, digest and binary name', `sha512-${long} *out/a.raw\n`, 'a.raw', listedLong],
  ['algorithm that is not that of the digest', `sha512:${one}  a.raw\n`, 'a.raw', unlisted],
  ['name first', `a.raw ${one}\n`, 'a.raw', listed],
  ['name first, tab', `./a.raw\t\t${one}\n`, 'a.raw', listed],
  ['name first, colon', `a.raw: ${one}\n`, 'a.raw', listed],
  ['name first, equals sign', `a.raw = ${one}\n`, 'a.raw', listed],
  ['name first, algorithm', `a.raw sha256:${one}\n`, 'a.raw', listed],
  ['name first, algorithm, BSD', `a.raw: SHA256 = ${one}\n`, 'a.raw', listed],
  ['name first, of another algorithm', `MD5 ${one}\n`, 'a.raw', unlisted],
  ['Windows path', `${one}  build\\out\\a.raw\r\n`, 'a.raw', listed],
  ['Windows path, relative', `${one} *.\\a.raw\r\n`, 'a.raw', listed],
  ['backslash in the name, before Windows paths', `${two}  x\\a.raw\n${one}  a.raw\n`, 'a.raw', listed],
  ['URL', `${one}  https://h/x/a.raw\n`, 'a.raw', listed],
  ['directory', `${one}  a.raw/\n`, 'a.raw', unlisted],
  ['sha256sum -z', `${two}  b\0${one}  a.raw\0`, 'a.raw', listed],
  [
    'Get-FileHash',
    `\r\nAlgorithm   Hash   Path\r\n---------   ----   ----\r\nSHA256          ${one.toUpperCase()}       C:\\x\\a.raw   \r\n`,
    'a.raw',
    listed,
  ],
  [
    'Get-FileHash | Format-List',
    `\r\nAlgorithm : SHA256\r\nHash      : ${one.toUpperCase()}\r\nPath      : C:\\x\\a.raw\r\n`,
    'a.raw',
    listed,
  ],
  [
    'certutil',
    `SHA256 hash of a.raw:\r\n${one}\r\nCertUtil: -hashfile command completed successfully.\r\n`,
    'a.raw',
    listed,
  ],
  [
    'certutil of Windows 7',
    `SHA256 hash of file out\\a.raw:\r\n${one.replace(/(..)(?=.)/g, '$1 ')}\r\nCertUtil: ok\r\n`,
    'a.raw',
    listed,
  ],
  ['certutil, another name', `SHA256 hash of b.raw:\r\n${one}\r\n`, 'a.raw', unlisted],
  ['gpg --print-md SHA256', `a.raw: ${grouped(one, 8)}\n`, 'a.raw', listed],
  ['gpg --print-md SHA512', `a.raw: ${grouped(long, 4)}\n`, 'a.raw', listedLong],
  ['gpg --print-md SHA512 of a long name', `a.raw:\n ${grouped(long, 4)}\n`, 'a.raw', listedLong],
  [
    'gpg --print-mds',
    `a.raw:    MD5 = ${grouped(one.slice(32), 4)}\na.raw: SHA256 = ${grouped(one, 4)}\na.raw: SHA512 = ${grouped(long, 4)}\n`,
    'a.raw',
    listed,
  ],
  ['gpg --print-md of standard input', `${grouped(one, 4)}\n`, 'a.raw', listed],
  ['groups that are too few', `a.raw: ${grouped(one.slice(8), 4)}\n`, 'a.raw', unlisted],
  ['heading over bare digests', `Checksums:\n${one}\n`, 'a.raw', listed],
  ['Release file of Debian', `SHA256:\n ${two} 7 x/b\n ${one}  1234 main/a.raw\n ${two}  9 a\n`, 'a.raw', listed],
  ['Release file of Debian, no directory', `SHA256:\n ${one}  1234 a.raw\n`, 'a.raw', listed],
  [
    'DIGESTS of Gentoo',
    `# BLAKE2B HASH\n${other}  a.raw\n# SHA512 HASH\n${long}  a.raw\n# WHIRLPOOL HASH\n${other}  a.raw\n`,
    'a.raw',
    listedLong,
  ],
  [
    'DIGESTS of Flatcar',
    `# MD5 HASH\n${one.slice(32)}  a.raw\n# SHA1 HASH\n${one.slice(24)}  a.raw\n# SHA512 HASH\n${long}  a.raw\n`,
    'a.raw',
    listedLong,
  ],
  ['BLAKE2b only, under a heading', `# BLAKE2B HASH\n${other}  a.raw\n`, 'a.raw', unlisted],
  [
    'other algorithms, BSD',
    `BLAKE2b (a.raw) = ${other}\nSHA3-256 (a.raw) = ${two}\nSHA512/256 (a.raw) = ${two}\n`,
    'a.raw',
    unlisted,
  ],
  ['subresource integrity', `sha256-${base64(one)}\n`, 'a.raw', listed],
  ['subresource integrity and name', `sha512-${base64(long)} a.raw\n`, 'a.raw', listedLong],
  ['commented out, name first', `# a.raw ${two}\n// a.raw ${two}\n${one}  a.raw\n`, 'a.raw', listed],
  ['markup', `<a href="a.raw">a.raw</a> ${one}\n`, 'a.raw', unlisted],
  [
    'clear-signed CHECKSUM of Rocky',
    clear(`# a.raw: 5 bytes\nSHA256 (a.raw) = ${one}\n# b.raw: 5 bytes\nSHA256 (b.raw) = ${two}`),
    'a.raw',
    listed,
  ],
  ['foreign name in the own file', `${one}  build-1234.raw\n`, 'a.raw', unlisted],
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
  const lines = ['-----BEGIN PGP SIGNED MESSAGE-----\n', `${one} `, 'SHA256 (', '\\', ' \t', `${one}  (a) = `];
  lines.push(
    'a: ',
    'a:',
    ': ',
    'ab ',
    'ab\n',
    'ab ab\n',
    'a.raw:\n',
    'SHA256:',
    '# ',
    '#',
    'sha256-',
    'Hash : ab\n',
    'a/',
    'x =',
    ') ',
    '\0',
  );
  for (const line of lines) {
    assert.equal(parseSums(line.repeat(Math.ceil(1e6 / line.length))).lookUp('a.raw', true).kind, 'unlisted');
  }
});

test('a checksum file in UTF-16, with and without its mark, is read', () => {
  const text = `${two}  b\r\n${one}  a.raw\r\n`;
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  const forms = [Buffer.from([0xff, 0xfe]), Buffer.alloc(0)].map((mark) => Buffer.concat([mark, little]));
  forms.push(...[Buffer.from([0xfe, 0xff]), Buffer.alloc(0)].map((mark) => Buffer.concat([mark, big])));
  forms.push(Buffer.from(text), Buffer.from(`\ufeff${text}`), Buffer.concat([big, Buffer.of(0)]));
  for (const bytes of forms) assert.deepEqual(parseSums(decodeSums(bytes)).lookUp('a.raw', false), listed);
  assert.equal(decodeSums(Buffer.alloc(0)), '');
});

const lacks: [text: string, says: string][] = [
  ['', 'is empty'],
  [' \r\n', 'is empty'],
  ['\ufeff<!doctype html>', isMarkupAndNoList],
  [`<?xml version="1.0"?><Error/>`, isMarkupAndNoList],
  ['{"errors": []}', 'is JSON, and not a checksum file'],
  ['["a.raw"]', 'is JSON, and not a checksum file'],
  ['Not Found', 'contains no sha256 or sha512 checksum'],
  [`${one}\n`, listsNoName],
  [`${one}  build-1234.raw\n`, listsOnly('build-1234.raw')],
  [`${one}  b\x1b.raw\n`, listsOnly('b\\x1b.raw')],
  [
    `${one}  b.raw\n${two}  b.raw\n${two}  c.raw\n${one}  BEST-BEFORE-2030-01-01\n`,
    'does not list it, but 2 other files',
  ],
  [`${one.slice(32)}  a.raw\nSHA1 (a.raw) = ${one.slice(24)}\n`, listsOnlyWeak('md5 and sha1')],
  [`# BLAKE2B HASH\n${other}  a.raw\n`, listsOnlyWeak('blake2b')],
  [`a.raw | ${one} |\n`, `has a checksum in a form that is not supported ('a.raw | ${one} |')`],
  [`${two}  b.raw\na.raw | ${one} |\n`, `has a checksum in a form that is not supported ('a.raw | ${one} |')`],
  [`${two}  b.raw\nc.raw | ${one} |\n`, listsOnly('b.raw')],
];
for (const [index, [text, says]] of lacks.entries()) {
  test(`what a checksum file lacks is named: ${says.slice(0, 40)} (${index})`, () => {
    assert.equal(parseSums(text).lackOf('a.raw'), says);
  });
}
