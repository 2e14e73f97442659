import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siphash24 } from '../../../../../service/images/layout/siphash.js';

/** The first and the last of the vectors that the authors of SipHash publish: key 00 01 … 0f, message 00 01 … n-1. */
const vectors: [length: number, hash: string][] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [3, '2d7efbd796666785'],
  [4, 'b7877127e09427cf'],
  [5, '8da699cd64557618'],
  [6, 'cee3fe586e46c9cb'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [9, 'b0e4a90bdf82009e'],
  [10, 'f3b9dd94c5bb5d7a'],
  [15, 'e545be4961ca29a1'],
  [63, '724506eb4c328a95'],
];

test('SipHash-2-4 gives the published values', async (t) => {
  const key = Buffer.from(Array.from({ length: 16 }, (_, index) => index));
  for (const [length, expected] of vectors) {
    await t.test(`${length} bytes`, () => {
      const message = Buffer.from(Array.from({ length }, (_, index) => index));
      const result = Buffer.alloc(8);
      result.writeBigUInt64LE(siphash24(message, key));
      assert.equal(result.toString('hex'), expected);
    });
  }
});
