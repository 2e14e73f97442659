import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { refuseOpaque, undoEncodings } from '../../../../service/http/encodings.js';
import { notEncodedAsSaid } from '../../../support/texts/downloads.js';

const url = 'http://joe:secret@h/SHA256SUMS';
const text = Buffer.from('0123  a.raw\r\n');
const undo = (bytes: Buffer, header: string | undefined) => undoEncodings(url, bytes, header, 1000).toString();

const undone: [header: string | undefined, bytes: Buffer][] = [
  [undefined, text],
  ['', text],
  ['identity', text],
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['X-GZip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['identity, gzip', gzipSync(text)],
  ['gzip,, identity ', gzipSync(text)],
  ['deflate, gzip', gzipSync(deflateSync(text))],
  ['br, x-gzip', gzipSync(brotliCompressSync(text))],
  // Said twice, done once.
  ['gzip, gzip', gzipSync(text)],
  ['gzip, gzip', gzipSync(gzipSync(text))],
  // Labels that are not true.
  ['gzip', text],
  ['utf-8', text],
  ['aws-chunked', text],
  ['constructor', text],
];
for (const [header, bytes] of undone) {
  test(`what a server encoded unasked is decoded, as ${header} of ${bytes.length} bytes`, () => {
    assert.equal(undo(bytes, header), text.toString());
  });
}

test('what cannot be decoded is named', () => {
  const bytes = Buffer.of(0, 1, 2, 3);
  for (const header of ['zstd', 'gzip, zstd', 'constructor', 'x'.repeat(40)]) {
    const name = header.replace('gzip, ', '');
    assert.throws(() => undo(bytes, header), {
      message: `Cannot decode http://h/SHA256SUMS: the server sent it with the Content-Encoding '${name}', which is not supported`,
    });
  }
  for (const header of ['gzip', 'deflate', 'br'])
    assert.throws(() => undo(bytes, header), {
      kind: 'DownloadFailed',
      message: `Cannot decode http://h/SHA256SUMS: ${notEncodedAsSaid(header, 1000)}`,
    });
  assert.throws(() => undo(gzipSync(Buffer.alloc(1001)), 'gzip'), /unpacks to more than 1000 bytes$/);
  assert.throws(() => undo(brotliCompressSync(Buffer.alloc(1e6)), 'br'), /unpacks to more than 1000 bytes$/);
});

test('an image that the server encoded past recognition is refused by name, and a wrong label is not', () => {
  const image = Buffer.concat([Buffer.from('tar or disk'), randomBytes(100_000), Buffer.alloc(1000)]);
  const cases: [header: string, bytes: Buffer][] = [
    ['br', brotliCompressSync(image)],
    ['gzip, br', brotliCompressSync(gzipSync(image))],
    ['deflate', deflateSync(image)],
    ['deflate', deflateRawSync(image)],
    ['X-Deflate', deflateSync(image)],
  ];
  for (const [header, bytes] of cases) {
    const name = header.replace('gzip, ', '').toLowerCase();
    assert.throws(() => refuseOpaque('http://joe:secret@h/a.raw', bytes, header), {
      kind: 'UnsupportedFormat',
      message: `Cannot use http://h/a.raw: the server encoded it with '${name}', though not asked to; use another mirror`,
      facts: { needed: `the encoding ${name}`, allowed: 'bytes as they are' },
    });
    for (const plain of [image, gzipSync(image), Buffer.alloc(4096)]) refuseOpaque(url, plain, header);
  }
  for (const header of [undefined, 'gzip', 'x-gzip', 'identity', 'utf-8', 'constructor'])
    refuseOpaque(url, brotliCompressSync(image), header);
});
