import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openLayeredDecoder } from '../../../../../service/formats/compression/layers.js';
import { sample } from '../../../../support/formats/codecs.js';
import { memorySource } from '../../../../support/formats/memory-source.js';
import { appleDisk, convertWithQemu, endsEarly, ferryReads } from '../../../../support/texts/formats.js';

function decodeLayers(data: Buffer): Buffer {
  using decoder = openLayeredDecoder(memorySource(data, 1000), { subject: 'The download' });
  const pieces: Buffer[] = [];
  const buffer = Buffer.alloc(10_000);
  for (let count = decoder.read(buffer, 0, buffer.length); count > 0; count = decoder.read(buffer, 0, buffer.length))
    pieces.push(Buffer.from(buffer.subarray(0, count)));
  assert.equal(decoder.read(buffer, 0, buffer.length), 0);
  return Buffer.concat(pieces);
}

const nested = (data: Buffer, layers: number): Buffer => (layers === 0 ? data : gzipSync(nested(data, layers - 1)));

test('two compressions are undone, and no more', () => {
  const data = sample(300_000);
  for (const layers of [0, 1, 2]) assert.deepEqual(decodeLayers(nested(data, layers)), data, `${layers} layers`);
  assert.deepEqual(decodeLayers(nested(data, 3)), nested(data, 1));
  assert.deepEqual(decodeLayers(nested(Buffer.alloc(0), 2)), Buffer.alloc(0));
});

test('what is damaged or unknown below a compression is refused as it is above it', () => {
  const cut = gzipSync(gzipSync(sample(10_000)).subarray(0, 1000));
  assert.throws(() => decodeLayers(cut), {
    kind: 'Corrupt',
    message: `The download ${endsEarly(1000, 'gzip')}`,
  });
  assert.throws(() => decodeLayers(gzipSync(Buffer.from('LZIP\x01'))), {
    kind: 'UnsupportedFormat',
    message: /^Cannot read the download: it is lzip-compressed data, /,
  });
});

test('bytes behind the inner and the outer compression are counted together', () => {
  const data = sample(300_000);
  const twice = gzipSync(Buffer.concat([gzipSync(data), Buffer.from('inner')]));
  const source = memorySource(Buffer.concat([twice, Buffer.from('outer rest')]), 1000);
  using decoder = openLayeredDecoder(source, { ignoreTrailing: true });
  const buffer = Buffer.alloc(10_000);
  let length = 0;
  for (let count = 1; count > 0; length += count) count = decoder.read(buffer, 0, buffer.length);
  assert.equal(length, data.length);
  assert.equal(decoder.ignoredBytes, 15);
  assert.equal(source.read(buffer, 0, 1), 0);
});

test('an Apple disk image of compressed blocks is known by its footer, and not taken for a disk with bytes behind it', () => {
  const footer = Buffer.alloc(512);
  footer.write('koly\0\0\0\x04');
  const block = gzipSync(sample(1000));
  for (const step of [100, 1_000_000]) {
    const image = Buffer.concat([block, block, Buffer.alloc(3000, '<plist>'), footer]);
    const source = memorySource(image, step);
    using decoder = openLayeredDecoder(source, { subject: 'The imported data', ignoreTrailing: true });
    const drain = () => {
      while (decoder.read(Buffer.alloc(10_000), 0, 10_000) > 0);
    };
    assert.throws(drain, {
      kind: 'UnsupportedFormat',
      message: `${ferryReads('the imported data', appleDisk, 'gzip, xz, zstd, bzip2, lz4, lzma, or no compression')} ${convertWithQemu('dmg')}`,
    });
  }
});
