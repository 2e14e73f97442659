import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { run } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';
import { dockerRegistry, needsDockerRegistry, registryLogin } from '../../../support/registry/docker-registry.js';
import { FakeRegistry } from '../../../support/registry/fake-registry.js';
import { digestOf, makeImage, makeIndex, makeLayer } from '../../../support/registry/images.js';
import { upload } from '../../../support/registry/upload.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const layer = makeLayer([
  { path: 'etc/' },
  { path: 'etc/hostname', content: 'small\n', mode: 0o600, attributes: { 'user.note': 'kept' } },
  { path: `etc/${'long-name-'.repeat(12)}`, content: 'x'.repeat(1000) },
  { path: 'etc/link', type: 'symbolicLink', target: 'hostname' },
]);
const image = makeImage({ layers: [layer, layer], config: { Cmd: ['/bin/sh'] } });

async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, { headers });
}

test('Layers that tests build are archives that tar(1) reads', async (t) => {
  if (!needs(t, { programs: ['tar', 'getfattr'] })) return;
  await using directory = temporaryDirectory(t);
  run('tar', ['-x', '--xattrs', '--xattrs-include=*', '-C', directory.path], { input: gunzipSync(layer.bytes) });
  assert.equal(readFileSync(directory.file('etc/link'), 'utf8'), 'small\n');
  assert.equal(readdirSync(directory.file('etc')).length, 3);
  assert.match(run('getfattr', ['-n', 'user.note', directory.file('etc/hostname')]), /user\.note="kept"/);
});

test('The fake registry serves what was pushed, and lets in who has a token', async () => {
  await using registry = await FakeRegistry.start();
  const arm = makeImage({ layers: [], platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
  registry.push('some/image', makeIndex([image, arm]), 'latest');
  registry.door = { kind: 'bearer', usesMax: 2 };
  const refused = await get(`${registry.base}some/image/manifests/latest`);
  assert.equal(refused.status, 401);
  const [, realm = ''] = /realm="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
  const { token } = (await (await get(realm)).json()) as { token: string };
  const login = { Authorization: `Bearer ${token}` };
  const index = await get(`${registry.base}some/image/manifests/latest`, login);
  assert.equal(index.headers.get('content-type'), 'application/vnd.oci.image.index.v1+json');
  const { manifests } = (await index.json()) as { manifests: { digest: string }[] };
  assert.equal(manifests[0]?.digest, image.manifest.digest);
  const blob = await get(`${registry.base}some/image/blobs/${layer.digest}`, login);
  assert.equal(digestOf(Buffer.from(await blob.arrayBuffer())), layer.digest);
  assert.equal((await get(`${registry.base}`, login)).status, 401, 'used up');
});

test('docker-registry takes and gives images, and lets in who logs in', async (t) => {
  if (!needsDockerRegistry(t, 'skopeo')) return;
  await using registry = await dockerRegistry(t, { htpasswd: true });
  const login = `${registryLogin.user}:${registryLogin.password}`;
  const headers = { Authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  await upload(registry.base, 'copy', image, ['1'], headers);
  assert.equal((await get(`${registry.base}copy/manifests/1`)).status, 401);
  const parameters = ['inspect', '--raw', '--tls-verify=false', '--creds', login, `docker://${registry.host}/copy:1`];
  assert.equal(digestOf(run('skopeo', parameters)), image.manifest.digest);
});
