import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import { Failure } from '../../../../../common/failure.js';
import { Crc32 } from '../../../../../service/formats/compression/crc32.js';
import { decodeAll, sample } from '../../../../support/formats/codecs.js';
import { like } from '../../../../support/like.js';
import { contentsContradictGzip } from '../../../../support/texts/formats.js';

const kib = 1024;
const contradiction = like`${contentsContradictGzip}`;

/** A disk: data here and there, zeros of many lengths between. */
function disk(): Buffer {
  const lengths = [1, 100, 16 * kib - 1, 16 * kib, 16 * kib + 1, 100 * kib, 700 * kib];
  return Buffer.concat(lengths.flatMap((length) => [Buffer.alloc(length), sample(length), Buffer.alloc(3 * length)]));
}

test('CRC-32 is the same however the bytes come, and whether they are zeros', () => {
  const bytes = disk();
  for (const step of [1000, 16 * kib, 100_000, bytes.length]) {
    const checksum = new Crc32();
    for (let from = 0; from < bytes.length; from += step) {
      checksum.update(bytes, from, Math.min(bytes.length, from + step));
      assert.equal(checksum.value, crc32(bytes.subarray(0, from + step)), `${step} bytes at a time, to ${from + step}`);
    }
  }
});

test('members that take several calls are decoded, one after the other, however they come', () => {
  const parts = [disk(), Buffer.alloc(0), sample(5), disk()];
  const encoded = Buffer.concat(parts.map((part) => gzipSync(part)));
  for (const [step, room] of [
    [1, 1 << 20],
    [9, 1000],
    [100_000, 1 << 20],
  ])
    assert.ok(decodeAll(encoded, {}, step, room).data.equals(Buffer.concat(parts)), `${step} bytes in, ${room} out`);
});

test('every bit of checksum and length at the end counts, with and without zeros, wherever reads end', () => {
  for (const plain of [disk(), sample(500 * kib), Buffer.alloc(2000 * kib)]) {
    const encoded = gzipSync(plain);
    for (let bit = 0; bit < 64; bit += 1) {
      const damaged = Buffer.from(encoded);
      const position = damaged.length - 8 + (bit >> 3);
      damaged.writeUInt8(damaged.readUInt8(position) ^ (1 << (bit & 7)), position);
      // The last read has so few bytes that the trailer is in two of them.
      const step = encoded.length - 1 - (bit % 9);
      assert.throws(
        () => decodeAll(damaged, {}, step, 64 * kib),
        (error) => {
          return error instanceof Failure && error.kind === 'Corrupt' && contradiction.test(error.message);
        },
      );
    }
  }
});

test('the checksum of a header counts too', () => {
  const [head, rest] = [gzipSync(disk()).subarray(0, 10), gzipSync(disk()).subarray(10)];
  head.writeUInt8(2, 3);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc32(head) & 0xffff);
  assert.ok(decodeAll(Buffer.concat([head, checksum, rest])).data.equals(disk()));
  checksum.writeUInt8(checksum.readUInt8(0) ^ 1, 0);
  assert.throws(() => decodeAll(Buffer.concat([head, checksum, rest])), contradiction);
});
