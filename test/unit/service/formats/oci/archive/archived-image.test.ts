import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImage } from '../../../../../../service/formats/oci/archive/archived-image.js';
import { collectMembers } from '../../../../../../service/formats/oci/archive/members.js';
import { dockerFiles, layoutArchive, layoutFiles } from '../../../../../support/registry/archives.js';
import { blobOf, makeImage, makeIndex, makeLayer, mediaTypes } from '../../../../../support/registry/images.js';
import { packLayer } from '../../../../../support/registry/tar-layer.js';
import { archiveLacksIt, bytesHaveDigest, countDiffers } from '../../../../../support/texts/formats.js';

const platform = { os: 'linux', architecture: 'amd64' };
const sizeMax = 1024 * 1024;

function find(archive: Buffer, tag?: string, wanted: { os: string; architecture: string } = platform, limit = sizeMax) {
  let position = 0;
  const read = (buffer: Buffer, offset: number, length: number): number => {
    const count = archive.copy(buffer, offset, position, Math.min(archive.length, position + Math.min(length, 1000)));
    position += count;
    return count;
  };
  const kept = Buffer.alloc(limit);
  const store = {
    write: (bytes: Buffer, at: number) => void bytes.copy(kept, at),
    read: (bytes: Buffer, at: number) => void kept.copy(bytes, 0, at, at + bytes.length),
  };
  const image = findImage(collectMembers({ read }, store, limit), { tag, platform: wanted });
  return { ...image, contents: image.layers.map(({ offset, bytes }) => kept.subarray(offset, offset + bytes)) };
}

const low = makeLayer([{ path: 'low', content: 'low' }]);
const high = makeLayer([{ path: 'high', content: 'high' }], { compression: 'uncompressed' });
const image = makeImage({ layers: [low, high], config: { Cmd: ['/low'] } });
const other = makeImage({ layers: [high], platform: { os: 'linux', architecture: 'arm64' } });
const refName = 'org.opencontainers.image.ref.name';

test('an image of a layout is found with its layers, the lowest first', () => {
  const found = find(layoutArchive([{ image }]));
  assert.equal(found.manifestDigest, image.manifest.digest);
  assert.equal(found.config, image.blobs[0]?.bytes.toString());
  assert.deepEqual(
    found.layers.map(({ digest, bytes, compression }) => [digest, bytes, compression]),
    [
      [low.digest, low.bytes.length, 'gzip'],
      [high.digest, high.bytes.length, 'uncompressed'],
    ],
  );
  assert.deepEqual(found.contents, [low.bytes, high.bytes]);
});

test('the layers of a layout have the digests of their content, as many as there are layers', () => {
  const found = find(layoutArchive([{ image }]));
  assert.deepEqual(
    found.layers.map(({ diffId }) => diffId),
    [low.diffId, high.diffId],
  );
  const lying = makeImage({ layers: [low, high], wholeConfig: { rootfs: { diff_ids: [low.diffId] } } });
  assert.throws(() => find(layoutArchive([{ image: lying }])), {
    kind: 'Corrupt',
    message: `Cannot use the configuration of the image in the archive: ${countDiffers(1, 2)}`,
  });
});

test('of several images a tag chooses, or a whole name, and then the platform', () => {
  const archive = layoutArchive([
    { image, annotations: { [refName]: '1' } },
    { image: other, annotations: { [refName]: '2', 'io.containerd.image.name': 'registry.example/web:2' } },
  ]);
  assert.equal(find(archive, '1').manifestDigest, image.manifest.digest);
  for (const tag of ['2', 'web:2', 'registry.example/web:2'])
    assert.equal(find(archive, tag, { os: 'linux', architecture: 'arm64' }).manifestDigest, other.manifest.digest);
  const names = '1, registry.example/web:2, 2';
  assert.throws(() => find(archive), {
    kind: 'UnsupportedFormat',
    message: `Cannot import the archive: it has 2 images; choose one with --tag=: ${names}`,
  });
  assert.throws(() => find(archive, 'web'), {
    kind: 'UnsupportedFormat',
    message: `Cannot import the archive: it has no image called 'web'; there are: ${names}`,
  });
  assert.throws(() => find(archive, '2'), {
    kind: 'UnsupportedFormat',
    message: 'Cannot import the archive: it has no image for linux/amd64; it has: linux/arm64',
  });
});

test('an index within an index is followed, but not for ever', () => {
  let nested = makeIndex([image, other]);
  const found = find(layoutArchive([{ image: nested }]));
  assert.equal(found.manifestDigest, image.manifest.digest);
  for (let depth = 0; depth < 4; depth++) nested = makeIndex([nested]);
  assert.throws(() => find(layoutArchive([{ image: nested }])), {
    message: 'Cannot import the archive: its indexes are nested more than 4 deep',
  });
});

test('digests of SHA-512 are checked, too', () => {
  const layer = makeLayer([{ path: 'a' }], { algorithm: 'sha512' });
  const long = makeImage({ layers: [layer], algorithm: 'sha512' });
  assert.equal(find(layoutArchive([{ image: long }])).layers[0]?.digest, layer.digest);
});

test('a blob that is missing, altered or of another size is refused before anything is made of it', () => {
  const path = `blobs/${low.digest.replace(':', '/')}`;
  const others = layoutFiles([{ image }]).filter((file) => file.path !== path);
  const begin = `Cannot import the archive: its blob ${low.digest} cannot be verified: `;
  assert.throws(() => find(packLayer(others)), {
    kind: 'VerificationFailed',
    message: `${begin}${archiveLacksIt}`,
  });
  const altered = blobOf('altered', low.mediaType);
  assert.throws(() => find(packLayer([...others, { path, content: altered.bytes }])), {
    kind: 'VerificationFailed',
    message: `${begin}${bytesHaveDigest(altered.digest)}`,
    facts: { file: low.digest, expected: low.digest, found: altered.digest },
  });
  const layers = [{ mediaType: low.mediaType, digest: low.digest, size: 7 }];
  const lying = makeImage({ layers: [low], manifest: { layers } });
  assert.throws(() => find(layoutArchive([{ image: lying }])), {
    kind: 'VerificationFailed',
    message: `${begin}it has ${low.bytes.length} bytes, and what refers to it says 7`,
  });
  const cut = layoutArchive([{ image }]).subarray(0, 3 * 512 + 100);
  assert.throws(() => find(cut), {
    kind: 'Corrupt',
    message: "Cannot import the archive: 'index.json' is cut off: the archive ends in the middle of it",
  });
});

test('an archive that is something else, or too large, is refused', () => {
  assert.throws(() => find(packLayer([{ path: 'etc/os-release', content: 'ID=x' }])), {
    kind: 'UnsupportedFormat',
    message:
      'Cannot import the archive: it is neither an OCI image layout, with index.json, nor what docker save writes, with manifest.json',
  });
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: {}, layers: [] });
  assert.throws(() => find(packLayer([{ path: 'index.json', content: manifest }])));
  assert.throws(() => find(packLayer([{ path: 'index.json', content: image.manifest.bytes }])), {
    message: 'Cannot import the archive: its index.json is not an index',
  });
  assert.throws(() => find(packLayer([{ path: 'large', content: Buffer.alloc(sizeMax + 1, 1) }])), {
    kind: 'UnsupportedFormat',
    message: `Cannot import the archive: its files have more than ${sizeMax} bytes; raise the limit with --size-max=`,
  });
  const long = packLayer([{ path: 'index.json', content: Buffer.alloc(4 * 1024 * 1024 + 1, 1) }]);
  assert.throws(() => find(long, undefined, platform, 8 * sizeMax), {
    kind: 'UnsupportedFormat',
    message: "Cannot import the archive: 'index.json' has 4194305 bytes, more than the 4 MiB of a document",
  });
  const many = packLayer(Array.from({ length: 10_001 }, (_, index) => ({ path: `file-${index}` })));
  assert.throws(() => find(many), {
    kind: 'Corrupt',
    message: "Cannot import the archive: 'file-10000' comes after 10000 others, which is more than it can have",
  });
  const sparse = {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.realsize': '9',
    'GNU.sparse.name': 'x',
  };
  const map = Buffer.alloc(512);
  map.write('0\n');
  assert.throws(() => find(packLayer([{ path: 'x', content: map, records: sparse }])), {
    kind: 'Corrupt',
    message: "Cannot import the archive: 'x' is stored as a sparse file; pack the layout without --sparse",
  });
});

const plain = makeLayer([{ path: 'a', content: 'a' }], { compression: 'uncompressed' });
const saved = makeImage({ layers: [plain, high] });
const one = { image: saved, layers: [plain, high], names: ['web:1', 'web:latest'] };

test('what docker save writes is read, links to layers that are there already included', () => {
  const found = find(packLayer(dockerFiles([one])));
  assert.equal(found.manifestDigest, saved.blobs[0]?.digest);
  assert.deepEqual(found.contents, [plain.bytes, high.bytes]);
  const path = `${high.digest.slice(7)}/layer.tar`;
  const files = dockerFiles([one]).filter((file) => file.path !== path);
  const linked = [
    { path, type: 'symbolicLink', target: '../else/layer.tar' },
    { path: 'else/layer.tar', content: high.bytes },
  ] as const;
  assert.deepEqual(find(packLayer([...files, ...linked]), 'latest').contents, [plain.bytes, high.bytes]);
});

test('what docker save writes is refused where it is damaged', () => {
  const files = dockerFiles([one]);
  const altered = `Cannot import the archive: '${plain.digest.slice(7)}/layer.tar' has the digest ${high.digest} instead of ${plain.digest}`;
  const without = (path: string) => files.filter((file) => file.path !== path);
  const layer = `${plain.digest.slice(7)}/layer.tar`;
  const config = `${saved.blobs[0]?.digest.slice(7)}.json`;
  const listing = (content: string) => [...without('manifest.json'), { path: 'manifest.json', content }];
  const begin = 'Cannot import the archive: ';
  const cases: [files: Parameters<typeof packLayer>[0], message: string][] = [
    [without(layer), `manifest.json names '${layer}', which the archive does not have`],
    [
      [...without(config), { path: config, content: '{}' }],
      `'${config}' has the digest ${blobOf('{}', '').digest} instead of ${saved.blobs[0]?.digest}`,
    ],
    [listing('{}'), 'manifest.json is not a list of images'],
    [listing('[{}]'), 'manifest.json has an image without a configuration, layers or names that can be read'],
    [listing('[{"Config":"c","Layers":[]}]'), "manifest.json names 'c', which the archive does not have"],
    [listing('[]'), 'it has no image'],
    [
      [...listing('[{"Config":"c","Layers":[]}]'), { path: 'c', content: '{}' }],
      'the configuration of the image does not have the digests of its layers',
    ],
    [
      [...listing('[{"Config":"c","Layers":[]}]'), { path: 'c', content: '{"rootfs":{"diff_ids":["x"]}}' }],
      'the image has 0 layers, and its configuration has 1',
    ],
    [
      [
        ...listing('[{"Config":"c","Layers":["l"]}]'),
        { path: 'c', content: '{"rootfs":{"diff_ids":["x"]}}' },
        { path: 'l', content: Buffer.from('fd377a585a000000ff12d941', 'hex') },
      ],
      "its layer 'l' is compressed with xz, as no layer is",
    ],
  ];
  assert.throws(() => find(packLayer([...without(layer), { path: layer, content: high.bytes }])), { message: altered });
  for (const [entries, message] of cases)
    assert.throws(() => find(packLayer(entries)), { message: `${begin}${message}` }, message);
  assert.throws(() => find(packLayer(listing('[')), undefined), /manifest\.json is not valid JSON \(/);
});
