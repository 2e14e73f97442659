import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import { blobOf, digestOf, makeImage, makeIndex, makeLayer, mediaTypes } from '../../../../support/registry/images.js';
import { isLargerThan } from '../../../../support/texts/downloads.js';
import { type Asked, having, resolve } from './resolving.js';

const layer = makeLayer([{ path: 'a' }]);
const second = makeLayer([{ path: 'b' }], { compression: 'uncompressed' });
const image = makeImage({ layers: [layer, second, layer], config: { Cmd: ['/bin/sh'] } });
const arm = makeImage({ layers: [second], platform: { os: 'linux', architecture: 'arm', variant: 'v7' } });
const index = makeIndex([arm, image]);

const bad: [what: string, serve: (registry: FakeRegistry) => Asked | undefined, reason: string | RegExp][] = [
  [
    'a manifest that is not there',
    () => ({ tag: 'none' }),
    'Cannot find HOST/a/b:none: the registry does not have it (HTTP status 404); check the name and the tag',
  ],
  [
    'a manifest that is not what its digest says',
    (registry) => {
      registry.manifest('a/b', image.manifest.digest, arm.manifest);
      return { digest: image.manifest.digest };
    },
    `Cannot use HOST/a/b@${image.manifest.digest}: its digest is ${arm.manifest.digest}, expected ${image.manifest.digest}; nothing was installed`,
  ],
  [
    'a manifest of an index that is another one',
    (registry) => {
      registry.push('a/b', index, 'latest');
      registry.manifest('a/b', image.manifest.digest, arm.manifest);
      return undefined;
    },
    `Cannot use HOST/a/b@${image.manifest.digest}: its digest is ${arm.manifest.digest}, expected ${image.manifest.digest}; nothing was installed`,
  ],
  [
    'a configuration that is another one',
    (registry) => {
      registry.blob('a/b', { digest: image.blobs[0]?.digest ?? '', bytes: Buffer.from('{}') });
      return undefined;
    },
    `Cannot use the configuration of HOST/a/b:latest: its digest is ${digestOf('{}')}, expected ${image.blobs[0]?.digest}; nothing was installed`,
  ],
  [
    'a configuration whose size lies',
    (registry) => {
      const config = { mediaType: mediaTypes.config, digest: image.blobs[0]?.digest, size: 5 };
      registry.push('a/b', makeImage({ layers: [layer], manifest: { config } }), 'latest');
      registry.push('a/b', image);
      return undefined;
    },
    `Cannot use the configuration of HOST/a/b:latest: it has ${image.blobs[0]?.bytes.length} bytes, and what names it says 5`,
  ],
  [
    'a configuration of 2 MiB',
    (registry) => {
      const wholeConfig = { padding: 'x'.repeat(2 * 1024 * 1024) };
      registry.push('a/b', makeImage({ layers: [layer], wholeConfig }), 'latest');
      return undefined;
    },
    /^Cannot use the configuration of HOST\/a\/b:latest: it has 2097\d+ bytes, and 1048576 are allowed$/,
  ],
  [
    'a configuration that is not UTF-8',
    (registry) => {
      const config = blobOf(Buffer.from([0x22, 0xff, 0x22]), mediaTypes.config);
      const descriptor = { mediaType: config.mediaType, digest: config.digest, size: 3 };
      registry.push('a/b', makeImage({ layers: [layer], manifest: { config: descriptor } }), 'latest');
      registry.blob('a/b', config);
      return undefined;
    },
    'Cannot use the configuration of HOST/a/b:latest: it is not UTF-8',
  ],
  [
    'a configuration that is not there',
    (registry) => {
      const config = { mediaType: mediaTypes.config, digest: digestOf('none'), size: 5 };
      registry.push('a/b', makeImage({ layers: [layer], manifest: { config } }), 'latest');
      return undefined;
    },
    'Cannot get the configuration of HOST/a/b:latest: the registry does not have it (HTTP status 404), though it has what names it',
  ],
  [
    'a manifest of 200 MiB',
    (registry) => {
      const bytes = {
        length: 200 * 1024 * 1024,
        subarray: (from: number, to: number) => Buffer.alloc(to - from, 0x20),
      };
      registry.server.serve('/v2/a/b/manifests/latest', bytes);
      return undefined;
    },
    `http://HOST/v2/a/b/manifests/latest ${isLargerThan(4_194_304)}`,
  ],
  [
    'a manifest without end and without a length',
    (registry) => {
      registry.server.serve('/v2/a/b/manifests/latest', '{', { endless: 0x20 });
      return undefined;
    },
    `http://HOST/v2/a/b/manifests/latest ${isLargerThan(4_194_304)}`,
  ],
  [
    'a manifest that its index says has 200 MiB',
    (registry) => {
      const manifests = [{ mediaType: mediaTypes.manifest, digest: image.manifest.digest, size: 200 * 1024 * 1024 }];
      registry.push('a/b', makeIndex([], { more: { manifests } }), 'latest');
      return undefined;
    },
    `Cannot use HOST/a/b@${image.manifest.digest}: it has 209715200 bytes, and 4194304 are allowed`,
  ],
  [
    'an index in an index in an index without end',
    (registry) => {
      let nested = makeIndex([image]);
      for (let depth = 0; depth < 10; depth++) nested = makeIndex([nested]);
      registry.push('a/b', nested, 'latest');
      return undefined;
    },
    /^Cannot use HOST\/a\/b@sha256:[0-9a-f]+: indexes lead to indexes more than 4 times$/,
  ],
  [
    'an index that leads to itself',
    (registry) => {
      const manifests = [{ mediaType: mediaTypes.index, digest: digestOf('itself'), size: 100 }];
      const circle = makeIndex([], { more: { manifests } });
      registry.manifest('a/b', 'latest', circle.manifest);
      registry.manifest('a/b', digestOf('itself'), circle.manifest);
      return undefined;
    },
    /^Cannot use HOST\/a\/b@sha256:[0-9a-f]+: its digest is sha256:[0-9a-f]+, expected sha256:[0-9a-f]+; nothing was installed$/,
  ],
  [
    'an image for another system',
    (registry) => {
      const platform = { os: 'windows', architecture: 'amd64' };
      registry.push('a/b', makeImage({ layers: [layer], platform }), 'latest');
      return undefined;
    },
    'Cannot use HOST/a/b:latest: it has no image for linux/amd64, only for windows/amd64; choose one with --platform=',
  ],
  [
    'a configuration that is not JSON',
    (registry) => {
      const config = blobOf('<html>', mediaTypes.config);
      const descriptor = { mediaType: config.mediaType, digest: config.digest, size: 6 };
      registry.push('a/b', makeImage({ layers: [layer], manifest: { config: descriptor } }), 'latest');
      registry.blob('a/b', config);
      return undefined;
    },
    /^Cannot use the configuration of HOST\/a\/b:latest: it is not valid/,
  ],
  [
    'an index without the platform',
    (registry) => {
      registry.push('a/b', makeIndex([arm, makeIndex([arm])]), 'latest');
      return undefined;
    },
    'Cannot use HOST/a/b:latest: it has no image for linux/amd64, only for linux/arm/v7; choose one with --platform=',
  ],
  [
    'an index with attestations alone',
    (registry) => {
      const platform = { os: 'unknown', architecture: 'unknown' };
      registry.push('a/b', makeIndex([makeImage({ layers: [layer], platform })]), 'latest');
      return undefined;
    },
    'Cannot use HOST/a/b:latest: it has no image for linux/amd64, only for none; choose one with --platform=',
  ],
];
for (const [what, serve, reason] of bad) {
  test(`${what} is refused with its reason`, async () => {
    await using registry = await having(image);
    const asked = serve(registry);
    await assert.rejects(resolve(registry, asked), (error: Error) => {
      const message = error.message.replaceAll(registry.host, 'HOST');
      if (typeof reason === 'string') assert.equal(message, reason);
      else assert.match(message, reason);
      return true;
    });
    assert.ok(registry.requests.length < 12, 'without asking for ever');
  });
}
