import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { dockerRegistry, needsDockerRegistry, registryLogin } from '../../support/registry/docker-registry.js';
import { digestOf } from '../../support/registry/images.js';
import { TokenServer } from '../../support/registry/token-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';
import { leftovers } from '../oci/scene.js';

/** A host with a tree of a few files, and one that no codec makes shorter. */
async function hostWithTree(t: TestContext): Promise<FerryHost> {
  const host = await ferryHost(t);
  const tree = join(host.imageRoot, 'app');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc/os-release'), 'ID=app\n');
  writeFileSync(join(tree, 'bytes'), someBytes(300_000));
  return host;
}

/** Pushes, and gives back what is written as JSON. */
async function push(host: FerryHost, parameters: readonly string[], environment: Record<string, string> = {}) {
  const { status, stderr, stdout } = await host.ferryctl(['push-oci', '--json=short', ...parameters], { environment });
  assert.equal(status, 0, stderr);
  return { ...JSON.parse(stdout), stderr };
}

function fates({ blobs }: { blobs: readonly { fate: string }[] }): string[] {
  return blobs.map(({ fate }) => fate);
}

test('a tree that is pushed is what export-oci makes, comes back as the same tree, and is not sent twice', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t, 'skopeo')) return;
  await using registry = await dockerRegistry(t);
  await using host = await hostWithTree(t);
  const reference = `${registry.host}/team/app:1`;
  const rehearsed = await push(host, ['--dry-run', 'app', reference]);
  assert.deepEqual(fates(rehearsed), ['missing', 'missing']);
  const pushed = await push(host, ['app', reference]);
  assert.deepEqual(fates(pushed), ['sent', 'sent']);
  assert.equal(pushed.manifestDigest, rehearsed.manifestDigest);
  assert.ok(pushed.stderr.includes(`sent, ${pushed.manifestDigest})`), pushed.stderr);
  const { Digest: digest } = JSON.parse(run('skopeo', ['inspect', '--tls-verify=false', `docker://${reference}`]));
  assert.equal(digest, pushed.manifestDigest);
  const exported = await host.ferryctl(['export-oci', 'app', join(host.home, 'app.oci')]);
  assert.ok(exported.stderr.includes(digest), exported.stderr);
  const archive = `oci-archive:${join(host.home, 'copy.oci')}`;
  run('skopeo', ['copy', '--quiet', '--src-tls-verify=false', `docker://${reference}`, archive]);
  const again = await push(host, ['app', `${registry.host}/team/app:2`]);
  assert.deepEqual(fates(again), ['present', 'present']);
  assert.equal(again.bytes, 0);
  const pulled = await host.ferryctl(['pull-oci', '--layout=tree', `${registry.host}/team/app:2`, 'back']);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.deepEqual(compareTrees(join(host.imageRoot, 'app'), join(host.imageRoot, 'back')), []);
  assert.deepEqual(leftovers(host), []);
});

test('a disk that is pushed is a file of an artefact, byte for byte', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return;
  await using registry = await dockerRegistry(t);
  await using host = await ferryHost(t);
  const disk = Buffer.concat([Buffer.alloc(1 << 20, 1), someBytes(200_000), Buffer.alloc(1 << 20)]);
  writeFileSync(join(host.imageRoot, 'disk.raw'), disk);
  for (const [format, suffix] of [
    ['uncompressed', ''],
    ['gzip', '.gz'],
    ['xz', '.xz'],
  ] as const) {
    const pushed = await push(host, [`--format=${format}`, 'disk', `${registry.host}/disk:${format}`]);
    const Accept = 'application/vnd.oci.image.manifest.v1+json, */*';
    const get = async (path: string) =>
      Buffer.from(await (await fetch(`${registry.base}disk/${path}`, { headers: { Accept } })).arrayBuffer());
    const bytes = await get(`manifests/${format}`);
    assert.equal(digestOf(bytes), pushed.manifestDigest);
    const { artifactType, config, layers } = JSON.parse(bytes.toString());
    assert.equal(artifactType, 'application/vnd.ferry.image.v1');
    assert.equal(config.mediaType, 'application/vnd.oci.empty.v1+json');
    const [layer] = layers;
    const type = 'application/vnd.ferry.disk.v1.raw';
    assert.equal(layer.mediaType, format === 'uncompressed' ? type : `${type}+${format}`);
    assert.deepEqual(layer.annotations, { 'org.opencontainers.image.title': `disk.raw${suffix}` });
    const file = join(host.home, `fetched.raw${suffix}`);
    writeFileSync(file, await get(`blobs/${layer.digest}`));
    const imported = await host.ferryctl(['import-raw', '--force', file, 'fetched']);
    assert.equal(imported.status, 0, imported.stderr);
    assert.ok(readFileSync(join(host.imageRoot, 'fetched.raw')).equals(disk), format);
    const pulled = await host.ferryctl(['pull-raw', '--force', `oci://${registry.host}/disk:${format}`, 'pulled']);
    assert.equal(pulled.status, 0, pulled.stderr);
    assert.ok(readFileSync(join(host.imageRoot, 'pulled.raw')).equals(disk), `${format}, as an artefact`);
  }
});

test('push-oci logs in by htpasswd and by tokens, and its login is in no log', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return;
  const { user, password } = registryLogin;
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  await using tokens = await TokenServer.start(registryLogin);
  const { realm, certificateFile } = tokens;
  await using host = await hostWithTree(t);
  for (const door of [{ htpasswd: true }, { token: { realm, certificateFile } }]) {
    await using registry = await dockerRegistry(t, door);
    const reference = `${registry.host}/team/app`;
    const refused = await host.ferryctl(['push-oci', 'app', reference]);
    assert.equal(refused.status, 7, refused.stderr);
    const environment = { REGISTRY_AUTH_FILE: join(host.home, 'auth.json') };
    writeFileSync(environment.REGISTRY_AUTH_FILE, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    assert.deepEqual(fates(await push(host, ['app', reference], environment)), ['sent', 'sent']);
    const mounted = await push(host, ['--mount-from=team/app', 'app', `${registry.host}/other/app`], environment);
    assert.deepEqual(fates(mounted), ['mounted', 'mounted']);
  }
  assert.doesNotMatch(host.log(), new RegExp(`${password}|${auth}`));
  assert.ok(tokens.scopes.includes('repository:other/app:pull,push'), tokens.scopes.join('\n'));
});

test('push-oci refuses a digest, an image that is not there, and a compression that no layer has', async (t) => {
  if (!needsProduct(t)) return;
  await using host = await hostWithTree(t);
  const digest = `sha256:${'ab'.repeat(32)}`;
  const cases: [parameters: string[], status: number, message: string][] = [
    [
      ['app', `r.x/x@${digest}`],
      14,
      `Cannot push to 'r.x/x@${digest}': it has a digest, which follows from the image; give a tag, or none for 'latest'`,
    ],
    [['nothing', '127.0.0.1:1/x'], 3, "image 'nothing'"],
    [['--format=xz', 'app', '127.0.0.1:1/x'], 11, 'choose gzip, zstd or uncompressed'],
    [['--mount-from=UPPER', 'app', '127.0.0.1:1/x'], 14, 'mountFrom'],
    [['app', '127.0.0.1:1/x'], 7, 'Cannot push to 127.0.0.1:1/x: '],
  ];
  for (const [parameters, status, message] of cases) {
    const outcome = await host.ferryctl(['push-oci', ...parameters]);
    assert.equal(outcome.status, status, outcome.stderr);
    assert.ok(outcome.stderr.includes(message), outcome.stderr);
  }
  assert.deepEqual(leftovers(host), []);
});
