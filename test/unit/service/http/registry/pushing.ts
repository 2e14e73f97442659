import assert from 'node:assert/strict';
import { openSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Network } from '../../../../../service/http/connection/network.js';
import type { RegistryAccess } from '../../../../../service/http/registry/access.js';
import { type PushRequest, pushImage } from '../../../../../service/http/registry/push.js';
import { blobOf } from '../../../../support/registry/images.js';
import { type UploadFault, UploadRegistry } from '../../../../support/registry/upload-registry.js';
import type { TestAuthority } from '../../../../support/servers/certificates.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

export const config = blobOf('{}', 'application/vnd.oci.empty.v1+json');
const layerBytes = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));
export const layer = blobOf(layerBytes, 'application/octet-stream');
export const manifest = blobOf('{"schemaVersion":2}', 'application/vnd.oci.image.manifest.v1+json');
const quick = { pauseMilliseconds: 1, busyPauseMilliseconds: 1 };

interface Pushing {
  readonly registry: UploadRegistry;
  /** What was told, in order. */
  readonly notices: string[];
  push(changes?: Partial<PushRequest>, access?: Partial<RegistryAccess>): ReturnType<typeof pushImage>;
  /** Fails a request with this method so many times. */
  failOn(method: string, fault: UploadFault, times?: number): void;
}

export async function pushing(t: TestContext, authority?: TestAuthority): Promise<Pushing> {
  const registry = await UploadRegistry.start(authority?.issue('localhost'));
  const environment = authority === undefined ? {} : { SSL_CERT_FILE: authority.file };
  const network = new Network({ environment, userAgent: 'test/1', limits: quick });
  const directory = temporaryDirectory();
  writeFileSync(directory.file('layer'), Buffer.concat([Buffer.from('head'), layer.bytes]));
  const descriptor = openSync(directory.file('layer'), 'r');
  t.after(async () => {
    network[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });
  const notices: string[] = [];
  const push: Pushing['push'] = (changes, access) =>
    pushImage({
      network,
      locations: [{ base: registry.base, repository: 'team/app', ...access }],
      tag: '1',
      image: {
        manifest,
        blobs: [
          { ...layer, bytes: layer.bytes.length, content: { descriptor, offset: 4 } },
          { ...config, bytes: config.bytes.length, content: config.bytes },
        ],
      },
      mountFrom: [],
      limitRate: undefined,
      resume: true,
      dryRun: false,
      signal: new AbortController().signal,
      onProgress: () => {},
      onNotice: (message) => notices.push(message),
      ...changes,
    });
  const failOn = (method: string, fault: UploadFault, times = 1) => {
    let left = times;
    registry.fault = (request) => (request.method === method && left-- > 0 ? fault : undefined);
  };
  return { registry, notices, push, failOn };
}

export function assertPushed({ blobs, manifests }: UploadRegistry): void {
  assert.ok(blobs.get(`team/app ${layer.digest}`)?.equals(layer.bytes));
  assert.ok(blobs.get(`team/app ${config.digest}`)?.equals(config.bytes));
  assert.deepEqual(manifests.get('team/app 1'), { bytes: manifest.bytes, mediaType: manifest.mediaType });
}
