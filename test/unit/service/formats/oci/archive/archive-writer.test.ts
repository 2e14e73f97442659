import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerHeader, layerOffset, writeRest } from '../../../../../../service/formats/oci/archive/archive-writer.js';

const sha256 = 'cd'.repeat(32);

test('the header of a layer has one length, however large the layer is', () => {
  for (const bytes of [0, 1, 511, 8 * 1024 ** 3 - 1, 8 * 1024 ** 3, 2 ** 50]) {
    const header = layerHeader({ sha256, bytes, compression: 'gzip' });
    assert.equal(header.length, layerOffset);
    assert.match(header.toString('latin1', 512, 1024), new RegExp(`^\\d+ size=${bytes}\\n\\0+$`));
    assert.equal(header.toString('latin1', 1024, 1024 + 77), `blobs/sha256/${sha256}`);
  }
});

test('an image whose name cannot be part of a reference has none in its index', () => {
  const indexOf = (name: string | undefined) => {
    const parts: Buffer[] = [];
    const write = (buffer: Buffer, offset: number, length: number) =>
      parts.push(Buffer.from(buffer.subarray(offset, offset + length)));
    const digest = writeRest({ write }, { sha256, bytes: 1, compression: 'zstd' }, Buffer.from('{}'), name);
    const [text = ''] = /\{"schemaVersion":2,"mediaType":"application\/vnd\.oci\.image\.index[^\0]*/.exec(
      Buffer.concat(parts).toString('latin1'),
    ) ?? [''];
    const [manifest] = JSON.parse(text).manifests;
    assert.equal(manifest.digest, digest);
    return manifest.annotations;
  };
  assert.equal(indexOf(undefined), undefined);
  assert.deepEqual(indexOf('web'), {
    'io.containerd.image.name': 'localhost/web:latest',
    'org.opencontainers.image.ref.name': 'latest',
  });
});
