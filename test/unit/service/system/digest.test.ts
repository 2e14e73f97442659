import { strictEqual } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Sha256Aside } from '../../../../service/system/digest.js';

const bytes = randomBytes(5_000_001);

for (const size of [1, 65_536, 524_288, 700_001, 5_000_001]) {
  test(`SHA-256 in another thread: chunks of ${size} bytes`, async () => {
    const length = Math.min(bytes.length, size * 10_000);
    const digest = Sha256Aside.open();
    for (let position = 0; position < length; position += size) {
      const chunk = Buffer.from(bytes.subarray(position, Math.min(length, position + size)));
      const pending = digest?.update(chunk);
      if (pending) await pending;
      chunk.fill(0);
    }
    strictEqual(await digest?.finish(), createHash('sha256').update(bytes.subarray(0, length)).digest('hex'));
  });
}

test('SHA-256 of nothing', async () => {
  strictEqual(await Sha256Aside.open()?.finish(), createHash('sha256').digest('hex'));
});
