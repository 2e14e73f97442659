import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { needs } from '../../../../support/needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../support/temporary.js';
import { changedWhileRead } from '../../../../support/texts/formats.js';
import { hostileHeaders } from './hostile-headers.js';
import type { Hostile } from './hostile-image.js';
import { hostileTables } from './hostile-tables.js';
import { convert, create, edit, kib, mib, patch, qemu } from './qemu-images.js';

/** Changes to an image of 4 MiB with its first 256 KiB written: header, refcounts, L1, L2 and data take a cluster each. */
const hostile: Hostile[] = [...hostileHeaders, ...hostileTables];

async function hostileImage(t: TestContext, { options = '', changes, length }: Hostile): Promise<TemporaryDirectory> {
  const directory = temporaryDirectory(t);
  const image = create(directory, options, '4M');
  edit(image, 'write -P 1 0 256k');
  for (const [offset, bytes] of changes) patch(image, offset, bytes);
  if (length !== undefined) truncateSync(image, length);
  return directory;
}

for (const entry of hostile) {
  test(`an image with ${entry.name} is refused`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = await hostileImage(t, entry);
    const before = process.memoryUsage.rss();
    const options = entry.sizeMax === undefined ? {} : { sizeMax: entry.sizeMax };
    assert.throws(
      () => convert(directory.file('image.qcow2'), directory.file('ours.raw'), options),
      (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.equal(error.kind, entry.kind, error.message);
        assert.match(error.message, entry.message);
        return true;
      },
    );
    assert.ok(process.memoryUsage.rss() - before < 128 * mib);
  });
}

for (const [when, look] of [
  ['before a piece of it', 3],
  ['within a piece of it', 4],
] as const) {
  test(`an image that becomes shorter ${when} is refused: nothing is made up for what is gone`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const image = create(directory, '', '4M');
    edit(image, 'write -P 1 0 64k', 'write -P 2 2M 64k');
    const { size } = statSync(image);
    const { signal } = new AbortController();
    let looks = 0;
    // It is looked at before each piece and each of its blocks.
    const aborted = () => {
      looks += 1;
      if (looks === look) truncateSync(image, size - 64 * kib);
      return false;
    };
    Object.defineProperty(signal, 'aborted', { get: aborted });
    assert.throws(() => convert(image, directory.file('ours.raw'), { signal }), {
      kind: 'Corrupt',
      message: changedWhileRead('the image', 'became shorter'),
    });
  });
}

test('no change of a byte in header or tables makes it fail otherwise than with a Failure', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, 'cluster_size=512', '64k');
  edit(image, 'write -P 1 0 32k');
  const content = readFileSync(image);
  for (let position = 4; position < Math.min(content.length, 6144); position++) {
    for (const flip of [0x01, 0xff]) {
      const changed = Buffer.from(content);
      changed.writeUInt8(changed.readUInt8(position) ^ flip, position);
      writeFileSync(image, changed);
      try {
        convert(image, directory.file('ours.raw'), { sizeMax: 16 * mib });
      } catch (error) {
        assert.ok(error instanceof Failure, `byte ${position} ^ ${flip}: ${error}`);
      }
    }
  }
});
