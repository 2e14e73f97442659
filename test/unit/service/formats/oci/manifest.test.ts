import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageLayer, parseManifest } from '../../../../../service/formats/oci/manifest.js';
import { digestOf, makeImage, makeIndex, makeLayer, mediaTypes } from '../../../../support/registry/images.js';
import { noJsonObject } from '../../../../support/texts/formats.js';

const subject = 'h.example/a:b';
const layer = makeLayer([{ path: 'a' }]);
const image = makeImage({ layers: [layer] });
const plain = JSON.parse(image.manifest.bytes.toString()) as Record<string, unknown>;
const digest = digestOf('');

function parse(document: unknown, mediaType: string | undefined = undefined) {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return parseManifest(Buffer.from(text), mediaType, subject, imageLayer);
}

for (const docker of [false, true]) {
  test(`A manifest and an index of ${docker ? 'Docker' : 'OCI'} are read, whatever the server calls them`, () => {
    const layers = [makeLayer([], { docker }), makeLayer([], { docker, compression: 'uncompressed' })];
    const made = makeImage({ layers, docker });
    for (const type of [made.manifest.mediaType, undefined, 'application/json', 'text/plain']) {
      const manifest = parseManifest(made.manifest.bytes, type, subject, imageLayer);
      assert.equal(manifest.kind, 'manifest');
      if (manifest.kind !== 'manifest') continue;
      assert.deepEqual(
        manifest.layers.map(({ compression, size }) => [compression, size]),
        [
          ['gzip', layers[0]?.bytes.length],
          ['uncompressed', layers[1]?.bytes.length],
        ],
      );
    }
    const index = parseManifest(makeIndex([made], { docker }).manifest.bytes, undefined, subject, imageLayer);
    assert.equal(index.kind, 'index');
    if (index.kind === 'index') assert.equal(index.entries[0]?.digest, made.manifest.digest);
  });
}

test('Without a type of its own a document is what the server says', () => {
  const { mediaType: _, ...bare } = plain;
  assert.equal(parse(bare, mediaTypes.manifest).kind, 'manifest');
  assert.equal(parse(bare).kind, 'manifest');
  assert.equal(parse({ schemaVersion: 2, manifests: [] }).kind, 'index');
});

test('Attestations, artefacts and what nobody knows are left out of an index', () => {
  const entry = { mediaType: mediaTypes.manifest, digest, size: 1 };
  const index = parse({
    schemaVersion: 2,
    manifests: [
      { ...entry, platform: { os: 'unknown', architecture: 'unknown' } },
      { ...entry, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
      { ...entry, mediaType: 'application/vnd.example+json' },
      { ...entry, platform: { os: 'linux', architecture: 'arm', variant: 'v6' } },
      { ...entry, mediaType: mediaTypes.index },
    ],
  });
  assert.equal(index.kind, 'index');
  if (index.kind !== 'index') return;
  assert.deepEqual(
    index.entries.map(({ kind, platform }) => [kind, platform?.variant]),
    [
      ['manifest', 'v6'],
      ['index', undefined],
    ],
  );
});

test('A descriptor may have what it stands for', () => {
  const config = { mediaType: mediaTypes.config, digest, size: 2, data: Buffer.from('{}').toString('base64') };
  const manifest = parse({ ...plain, config });
  assert.deepEqual(manifest.kind === 'manifest' && manifest.config.data, Buffer.from('{}'));
});

function withLayer(change: Record<string, unknown>) {
  const [first] = plain['layers'] as Record<string, unknown>[];
  return { ...plain, layers: [{ ...first, ...change }] };
}

const tooMany = { ...plain, layers: Array.from({ length: 5000 }, () => (plain['layers'] as unknown[])[0]) };
const schema1 = "it has Docker's schema 1, which was given up in 2017; ask for another tag";
const foreign = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
const dockerForeign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const isForeign = (type: string) => `its layer ${layer.digest} is foreign ('${type}'): the registry does not have it`;
const other = makeLayer([{ path: 'other' }]);
function withTwo(second: Record<string, unknown>) {
  const [first] = plain['layers'] as Record<string, unknown>[];
  return { ...plain, layers: [first, { ...first, ...second }] };
}
const isAnother = 'layers[1] has the digest of a layer before it, and another size or type';
const bad: [what: string, document: unknown, reason: string, mediaType?: string][] = [
  ['no JSON', '<html>', 'it is not valid JSON (expected a value at character 0)'],
  ['a list', '[]', noJsonObject],
  ['a key twice', '{"schemaVersion":2,"schemaVersion":2}', 'it is not valid JSON ('],
  ['no version', { layers: [] }, 'schemaVersion is missing'],
  ['version 3', { schemaVersion: 3 }, 'schemaVersion is not 2'],
  ['schema 1', { schemaVersion: 1, fsLayers: [] }, schema1],
  ['schema 1 by its type', {}, schema1, mediaTypes.dockerSchema1],
  ['no config', { ...plain, config: undefined }, 'config is missing'],
  ['a config that is a list', { ...plain, config: [] }, 'config has to be an object'],
  ['no layers', { ...plain, layers: [] }, 'it has no layers'],
  ['no list of layers', { ...plain, layers: undefined }, 'layers is missing'],
  ['layers that are not a list', { ...plain, layers: 'a' }, 'layers is not a list'],
  ['layers that are texts', { ...plain, layers: ['a'] }, 'layers[0] has to be an object'],
  ['5000 layers', tooMany, 'layers has 5000 items, and 4096 are allowed'],
  ['a size that is a text', withLayer({ size: '5' }), 'layers[0].size is not a count'],
  ['a negative size', withLayer({ size: -1 }), 'layers[0].size is not a count'],
  ['a broken size', withLayer({ size: 1.5 }), 'layers[0].size is not a count'],
  ['a size beyond all numbers', withLayer({ size: 2 ** 60 }), 'layers[0].size is not a count'],
  ['no size', withLayer({ size: undefined }), 'layers[0].size is missing'],
  ['a layer of two sizes', withTwo({ size: 1 }), isAnother],
  ['a layer of two compressions', withTwo({ mediaType: `${mediaTypes.layer}+zstd` }), isAnother],
  [
    'layers beyond all numbers',
    withTwo({ digest: other.digest, size: Number.MAX_SAFE_INTEGER }),
    'layers have more bytes together than any disk',
  ],
  ['a digest that is a path', withLayer({ digest: '../../x' }), "layers[0].digest '../../x' is not a digest"],
  ['a short digest', withLayer({ digest: 'sha256:ab' }), "layers[0].digest 'sha256:ab' is not a digest"],
  ['another digest', withLayer({ digest: 'blake3:ab' }), "its digest 'blake3:ab' is neither sha256 nor sha512"],
  ['a digest that is a number', withLayer({ digest: 5 }), 'layers[0].digest is not a string'],
  ['a foreign layer', withLayer({ mediaType: foreign }), isForeign(foreign)],
  ["Docker's foreign layer", withLayer({ mediaType: dockerForeign }), isForeign(dockerForeign)],
  [
    'a layer of another type',
    withLayer({ mediaType: 'a/b' }),
    `its layer ${layer.digest} is of type 'a/b'; if it is a disk or a tree, pull it with pull-raw or pull-tar as oci://IMAGE`,
  ],
  ['a layer like a property', withLayer({ mediaType: 'toString' }), `its layer ${layer.digest} is of type 'toString'`],
  ['both at once', { ...plain, manifests: [] }, 'manifests is there beside layers'],
  ['another type than is said', plain, 'mediaType is that of a manifest, and not of an index', mediaTypes.index],
  ['a chart', { ...plain, mediaType: 'a/b' }, "its type is 'a/b', which is not that of an image"],
  [
    'data of another size',
    { ...plain, config: { mediaType: 'a/b', digest, size: 3, data: 'e30=' } },
    'config.data has 2 bytes where size says 3',
  ],
];
for (const [what, document, reason, mediaType] of bad) {
  test(`A manifest with ${what} is refused`, () => {
    assert.throws(
      () => parse(document, mediaType),
      (error: Error) => error.message.startsWith(`Cannot use ${subject}: ${reason}`),
    );
  });
}

test('What cannot be used comes with what could be', () => {
  assert.throws(() => parse(withLayer({ mediaType: 'a/b' })), {
    facts: { needed: subject, allowed: 'OCI and Docker schema 2 images with tar layers: plain, gzip or zstd' },
  });
});

test('A document that is made to take time is refused', () => {
  assert.throws(() => parse(`{"a":[${'0,'.repeat(300_000)}0]}`), /it is not valid JSON/);
});
