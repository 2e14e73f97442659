import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from '../../../../../service/formats/oci/reference.js';
import type { RegistryAccess } from '../../../../../service/http/registry/access.js';
import { placesOf } from '../../../../../service/http/registry/database.js';
import { RegistryLogin } from '../../../../../service/http/registry/login.js';
import { resolveImage } from '../../../../../service/http/registry/resolve.js';
import { needs } from '../../../../support/needs.js';
import {
  type DockerRegistry,
  dockerRegistry,
  needsDockerRegistry,
  registryLogin,
} from '../../../../support/registry/docker-registry.js';
import { amd64, makeImage, makeIndex, makeLayer } from '../../../../support/registry/images.js';
import { TokenServer } from '../../../../support/registry/token-server.js';
import { upload } from '../../../../support/registry/upload.js';
import { open, run } from '../downloading.js';

// What a real registry says and takes.

const layer = makeLayer([{ path: 'a', content: 'x'.repeat(100_000) }]);
const image = makeImage({ layers: [layer] });
const dockers = makeImage({ layers: [makeLayer([{ path: 'b' }], { docker: true })], docker: true });
const arm = makeImage({ layers: [layer], platform: { os: 'linux', architecture: 'arm64' } });
const basic = `Basic ${Buffer.from(`${registryLogin.user}:${registryLogin.password}`).toString('base64')}`;

/** Looks an image up as a pull does, and fetches its layers with the login that this has found. */
async function pull(registry: DockerRegistry, text: string, secrets: Partial<RegistryAccess> = {}) {
  using network = open();
  const reference = parseReference(`${registry.host}/${text}`);
  const locations = placesOf(reference, []).map(({ base, repository }) => ({ base, repository, ...secrets }));
  const { tag = 'latest', digest } = reference;
  const { signal } = new AbortController();
  const common = { network, signal, onDetail: () => {}, onNotice: () => {}, onWarning: () => {} };
  const found = await resolveImage({ ...common, locations, tag, digest, platform: amd64 });
  const access = { ...(locations[found.location] ?? assert.fail('nowhere')), token: found.token };
  const login = new RegistryLogin(network, access, () => {});
  const layers: Buffer[] = [];
  for (const each of found.layers) {
    const url = `${access.base}${access.repository}/blobs/${each.digest}`;
    layers.push((await run(url, { login }, network)).bytes);
  }
  return { ...found, bytes: layers };
}

test('docker-registry without a login: by tag, by digest, through an index, of Docker', async (t) => {
  if (!needsDockerRegistry(t)) return;
  await using registry = await dockerRegistry(t);
  const index = makeIndex([arm, image]);
  await upload(registry.base, 'a/b', index, ['multi']);
  await upload(registry.base, 'a/b', dockers, ['docker']);
  const byTag = await pull(registry, 'a/b:multi');
  assert.equal(byTag.indexDigest, index.manifest.digest);
  assert.equal(byTag.manifestDigest, image.manifest.digest);
  assert.deepEqual(byTag.bytes, [layer.bytes]);
  assert.equal(byTag.location, 1, 'http, after https was tried');
  const byDigest = await pull(registry, `a/b@${image.manifest.digest}`);
  assert.deepEqual(byDigest.bytes, [layer.bytes]);
  assert.equal((await pull(registry, 'a/b:docker')).manifestDigest, dockers.manifest.digest);
  await assert.rejects(
    pull(registry, 'a/b:none'),
    /the name and the tag \(the server says: MANIFEST_UNKNOWN: manifest unknown\)$/,
  );
  await assert.rejects(pull(registry, 'none:none'), /the registry does not have it \(HTTP status 404\)/);
});

test('docker-registry with htpasswd lets in who has the password', async (t) => {
  if (!needsDockerRegistry(t)) return;
  await using registry = await dockerRegistry(t, { htpasswd: true });
  await upload(registry.base, 'a/b', image, ['latest'], { Authorization: basic });
  assert.deepEqual((await pull(registry, 'a/b', registryLogin)).bytes, [layer.bytes]);
  await assert.rejects(
    pull(registry, 'a/b'),
    /HTTP status 401, .*; see --authfile= \(the server says: UNAUTHORIZED: authentication required\)$/,
  );
  const wrong = { ...registryLogin, password: 'wrong' };
  await assert.rejects(pull(registry, 'a/b', wrong), /HTTP status 401, it rejects the login/);
});

test('docker-registry with tokens lets in who can get one', async (t) => {
  if (!needsDockerRegistry(t) || !needs(t, { programs: ['openssl'] })) return;
  await using tokens = await TokenServer.start(registryLogin);
  await using registry = await dockerRegistry(t, { token: tokens });
  const asked = await fetch(`${tokens.realm}?scope=repository:a/b:pull,push`, { headers: { Authorization: basic } });
  const { token } = (await asked.json()) as { token: string };
  await upload(registry.base, 'a/b', image, ['latest'], { Authorization: `Bearer ${token}` });
  tokens.scopes.length = 0;
  assert.deepEqual((await pull(registry, 'a/b', registryLogin)).bytes, [layer.bytes]);
  assert.deepEqual(tokens.scopes, ['repository:a/b:pull'], 'one token for all');
  await assert.rejects(pull(registry, 'a/b', { ...registryLogin, password: 'wrong' }), /log in again$/);
  await assert.rejects(pull(registry, 'a/b'), /; see --authfile=$/);
});
