import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sniff } from '../../../../../service/formats/compression/format.js';
import { compressedWithCompress, ferryReads, unpackItFirst } from '../../../../support/texts/formats.js';

const known: [string, string][] = [
  ['1f8b0800', 'gzip'],
  ['1f8b', 'gzip'],
  // Damaged, but certainly no image: the decoder says what is wrong.
  ['1f8bff', 'gzip'],
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['502a4d1800000000', 'zstd'],
  ['5f2a4d1800000000', 'zstd'],
  ['425a6839314159265359', 'bzip2'],
  ['425a6831', 'bzip2'],
  ['04224d1864', 'lz4'],
  ['502a4d180000000004224d18', 'lz4'],
  ['5d00008000ffffffffffffffff', 'lzma'],
  ['5d000080000010000000000000', 'lzma'],
  // As OpenWrt has it.
  ['6d00008000ffffffffffffffff00', 'lzma'],
  ['425a6830', 'uncompressed'],
  ['425a686f', 'uncompressed'],
  ['', 'uncompressed'],
  ['1f', 'uncompressed'],
  ['fd377a585a', 'uncompressed'],
  ['28b52f', 'uncompressed'],
  ['514649fb00000003', 'uncompressed'],
  ['eb63900000000000000000000000000000', 'uncompressed'],
  ['00000000000000000000000000000000', 'uncompressed'],
  // Looks like the properties of lzma, but with a dictionary and a size that nobody uses.
  ['5d000001020304050607080900', 'uncompressed'],
];

for (const [bytes, format] of known) {
  test(`data that begins with "${bytes}" is ${format}`, () => {
    assert.equal(sniff(Buffer.from(bytes, 'hex')), format);
  });
}

const refused: [bytes: string, name: string, tool: string][] = [
  ['02214c1800', 'lz4-compressed data (legacy frames)', 'lz4 -d'],
  ['4c5a495001', 'lzip-compressed data', 'lzip -d'],
  ['894c5a4f000d0a1a0a', 'lzop-compressed data', 'lzop -d'],
  ['4c525a49', 'lrzip-compressed data', 'lrzip -d'],
  ['1f9d90', compressedWithCompress, 'gzip -d'],
];

for (const [bytes, name, tool] of refused) {
  test(`data that begins with "${bytes}" is refused as ${name}`, () => {
    assert.throws(() => sniff(Buffer.from(bytes, 'hex'), 'The download'), {
      kind: 'UnsupportedFormat',
      message: `${ferryReads('the download', name, 'gzip, xz, zstd, bzip2, lz4, lzma, or no compression')} ${unpackItFirst} '${tool}'`,
      facts: { needed: name, allowed: 'gzip, xz, zstd, bzip2, lz4, lzma, or no compression' },
    });
  });
}
