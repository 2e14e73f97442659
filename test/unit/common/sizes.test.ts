import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoderMemoryMax, defaultSizeMax, formatBytes, formatNeededBytes, parseSize } from '../../../common/sizes.js';

test('the limits that hold when nobody names one', () => {
  assert.equal(defaultSizeMax, parseSize('64G'));
  assert.equal(decoderMemoryMax, parseSize('128M'));
  assert.equal(formatNeededBytes(decoderMemoryMax), '128 MiB');
});

test('a size is cut off where it is shown, and rounded up where it is needed', () => {
  const sizes: [bytes: number, shown: string, needed: string][] = [
    [0, '0B', '0 bytes'],
    [1023, '1023B', '1023 bytes'],
    [1024, '1K', '1 KiB'],
    [1025, '1K', '1.1 KiB'],
    [1024 ** 3 - 1, '1023.9M', '1024 MiB'],
    [2 ** 50, '1P', '1 PiB'],
  ];
  for (const [bytes, shown, needed] of sizes) {
    assert.equal(formatBytes(bytes), shown);
    assert.equal(formatNeededBytes(bytes), needed);
  }
  assert.equal(formatBytes(2n ** 64n - 1n), '15.9E');
});
