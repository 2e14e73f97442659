import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findParts } from '../../../../../../service/formats/oci/archive/archive-parts.js';
import { layerHeader, layerOffset, writeRest } from '../../../../../../service/formats/oci/archive/archive-writer.js';

const sha256 = 'cd'.repeat(32);

/** An archive with a layer of so many bytes, which are not there. */
function archive(bytes: number) {
  const layer = { sha256, bytes, compression: 'gzip' } as const;
  const rest: Buffer[] = [];
  const write = (buffer: Buffer, offset: number, length: number) =>
    rest.push(Buffer.from(buffer.subarray(offset, offset + length)));
  const manifestDigest = writeRest({ write }, layer, Buffer.from('{"config":1}'), 'web');
  const [head, tail] = [layerHeader(layer), Buffer.concat(rest)];
  const read = (position: number, length: number) =>
    position < layerOffset
      ? head.subarray(position, position + length)
      : tail.subarray(position - layerOffset - bytes, position - layerOffset - bytes + length);
  return { read, manifestDigest };
}

test('the files of an archive are found by their headers, however large the layer is', () => {
  for (const bytes of [1, 512, 70_000, 9 * 1024 ** 3]) {
    const { read, manifestDigest } = archive(bytes);
    const parts = findParts(read);
    assert.deepEqual(parts.get(`blobs/sha256/${sha256}`), { offset: layerOffset, bytes });
    const manifest = parts.get(`blobs/${manifestDigest.replace(':', '/')}`);
    assert.ok(manifest !== undefined);
    const { layers, config } = JSON.parse(read(manifest.offset, manifest.bytes).toString());
    assert.equal(layers[0].size, bytes);
    const kept = parts.get(`blobs/${config.digest.replace(':', '/')}`);
    assert.equal(read(kept?.offset ?? 0, kept?.bytes ?? 0).toString(), '{"config":1}');
  }
});

test('what is not such an archive is refused', () => {
  const expected = { kind: 'Corrupt', message: 'The archive of the image that is pushed is damaged' };
  assert.throws(() => findParts((_, length) => Buffer.alloc(length, 'x')), expected);
  const header = archive(1).read(1024, 512);
  assert.throws(() => findParts((_, length) => Buffer.concat([header, Buffer.alloc(length)], length)), expected);
});
