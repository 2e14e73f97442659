import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareDisk, isComparable } from '../../../../../service/images/examine/compare-disk.js';
import {
  diskHasChanged,
  hasRecordedDigest,
  recordIsOfEncoded,
  writableHasChanged,
} from '../../../../support/texts/verify.js';

const [recorded, other] = ['a'.repeat(64), 'b'.repeat(64)];
const bytes = 1000;
const pristine = { kind: 'pristine', path: '/images/.raw-x.raw', readOnly: true } as const;
const image = { kind: 'image', path: '/images/x.raw', readOnly: true } as const;

test('a disk is compared with its record if it was stored as it came, or if an older record has its size', () => {
  assert.equal(isComparable({ sha256: recorded, bytes, asTransferred: true }, 5), true);
  assert.equal(isComparable({ sha256: recorded, bytes, asTransferred: false }, bytes), false);
  assert.equal(isComparable({ sha256: recorded, bytes, asTransferred: undefined }, bytes), true);
  assert.equal(isComparable({ sha256: recorded, bytes, asTransferred: undefined }, 5), false);
});

test('a disk with the recorded digest is good, whatever else is known of it', () => {
  for (const asTransferred of [true, false, undefined]) {
    const check = compareDisk(
      pristine,
      { sha256: recorded, bytes, asTransferred },
      { sha256: recorded, bytes, hasChanged: false },
    );
    assert.deepEqual([check.verdict, check.message], ['good', hasRecordedDigest('pristine download', recorded)]);
  }
});

test('a read-only disk with another digest is bad, with both digests', () => {
  const check = compareDisk(
    image,
    { sha256: recorded, bytes, asTransferred: true },
    { sha256: other, bytes: 5, hasChanged: false },
  );
  const { verdict, message, expected, found, subject } = check;
  assert.deepEqual([verdict, expected, found, subject], ['bad', recorded, other, '/images/x.raw']);
  assert.equal(message, diskHasChanged('image', other, recorded));
});

test('a writable disk with another digest is unknown: it may have been written to', () => {
  const writable = { ...image, readOnly: false };
  const check = compareDisk(
    writable,
    { sha256: recorded, bytes, asTransferred: true },
    { sha256: other, bytes, hasChanged: false },
  );
  assert.deepEqual([check.verdict, check.message], ['unknown', writableHasChanged]);
});

test('a disk that was decoded cannot be compared', () => {
  const check = compareDisk(
    image,
    { sha256: recorded, bytes: 7, asTransferred: false },
    { sha256: other, bytes, hasChanged: false },
  );
  assert.deepEqual([check.verdict, check.message], ['unknown', recordIsOfEncoded('image')]);
});
