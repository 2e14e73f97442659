import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { dockerRegistry, needsDockerRegistry, registryLogin } from '../../support/registry/docker-registry.js';
import { amd64, makeImage, makeIndex, makeLayer } from '../../support/registry/images.js';
import { upload } from '../../support/registry/upload.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { verifiedByManifest } from '../../support/texts/client.js';
import { bigLayer, leftovers, setOciScene, smallImage } from './scene.js';

function assertSmall(tree: string): void {
  assert.deepEqual(readdirSync(join(tree, 'etc')).sort(), ['changed', 'new', 'os-release']);
  assert.equal(readFileSync(join(tree, 'etc/changed'), 'utf8'), 'after');
}

test('pull-oci makes a tree of an image that docker-registry has, with settings beside it', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return;
  await using registry = await dockerRegistry(t);
  const { image } = smallImage();
  await upload(registry.base, 'team/small', image, ['1']);
  await using host = await ferryHost(t);
  const reference = `${registry.host}/team/small:1`;
  const { status, stderr, stdout } = await host.ferryctl(['pull-oci', '--layout=tree', '--json=short', reference]);
  assert.equal(status, 0, stderr);
  assertSmall(join(host.imageRoot, 'small'));
  const result = JSON.parse(stdout);
  assert.equal(result.manifestDigest, image.manifest.digest);
  assert.equal(result.verifiedBy, 'checksum');
  assert.ok(stderr.includes(`(manifest ${image.manifest.digest}, ${verifiedByManifest})`), stderr);
  const settings = readFileSync(join(host.imageRoot, 'small.nspawn'), 'utf8');
  assert.match(settings, /^Parameters=\/bin\/true$/m);
  assert.match(settings, /^Environment=A=b$/m);
  assert.ok(existsSync(join(host.imageRoot, 'small.oci-config')));
  assert.deepEqual(leftovers(host), []);
  // The digest that was told pulls the same again, and no layer comes twice.
  const again = await host.ferryctl([
    'pull-oci',
    '--layout=tree',
    '-j',
    `${reference}@${result.manifestDigest}`,
    'again',
  ]);
  assert.equal(again.status, 0, again.stderr);
  const { bytes, fromCache, verifiedBy } = JSON.parse(again.stdout);
  assert.deepEqual({ bytes, fromCache, verifiedBy }, { bytes: 0, fromCache: true, verifiedBy: 'digest' });
  assertSmall(join(host.imageRoot, 'again'));
});

test('pull-oci logs in to a registry with what podman login has written', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return;
  await using registry = await dockerRegistry(t, { htpasswd: true });
  const { image } = smallImage();
  const auth = Buffer.from(`${registryLogin.user}:${registryLogin.password}`).toString('base64');
  await upload(registry.base, 'small', image, ['latest'], { Authorization: `Basic ${auth}` });
  await using host = await ferryHost(t);
  const refused = await host.ferryctl(['pull-oci', `${registry.host}/small`]);
  assert.equal(refused.status, 7);
  const environment = { REGISTRY_AUTH_FILE: join(host.home, 'auth.json') };
  run('sh', [
    '-c',
    `printf '{"auths":{"%s":{"auth":"%s"}}}' ${registry.host} ${auth} >${environment.REGISTRY_AUTH_FILE}`,
  ]);
  const pulled = await host.ferryctl(['pull-oci', '--layout=tree', `${registry.host}/small`], { environment });
  assert.equal(pulled.status, 0, pulled.stderr);
  assertSmall(join(host.imageRoot, 'small'));
  assert.doesNotMatch(host.log(), new RegExp(`${registryLogin.password}|${auth}`));
});

test('a dry run of pull-oci tells which layers would come, and writes nothing', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const { base, top, image } = smallImage();
  const reference = `${registry.push('small', image, '1')}:1`;
  const other = makeImage({ layers: [base] });
  await pull(`${registry.push('base', other, '1')}:1`, 'base');
  const before = host.images();
  const plan = await host.ferryctl(['pull-oci', '--dry-run', '--layout=tree', '--json=short', reference, 'x']);
  assert.equal(plan.status, 0, plan.stderr);
  const { bytesAvailable: _, ...told } = JSON.parse(plan.stdout);
  assert.deepEqual(told, {
    reference,
    location: { registry: registry.host, repository: 'small' },
    manifestDigest: image.manifest.digest,
    indexDigest: null,
    verifiedBy: 'checksum',
    signedBy: [],
    demandedBy: [],
    layers: [
      { digest: base.digest, bytes: base.bytes.length, compression: 'gzip', present: true },
      { digest: top.digest, bytes: top.bytes.length, compression: 'uncompressed', present: false },
    ],
    bytes: top.bytes.length,
    layout: 'tree',
    path: join(host.imageRoot, 'x'),
    replaces: [],
    obstacles: [],
  });
  assert.deepEqual(host.images(), before);
  const taken = await host.ferryctl(['pull-oci', '--dry-run', reference, 'base']);
  assert.equal(taken.status, 4);
});

test('images share their layers, and one layer that is there twice comes once', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull, layers } = await setOciScene(t);
  const [shared, own] = [bigLayer('shared', 100_000), bigLayer('own', 100_000)];
  const first = `${registry.push('first', makeImage({ layers: [shared, shared] }), 'latest')}`;
  const second = `${registry.push('second', makeImage({ layers: [shared, own] }), 'latest')}`;
  const { result } = await pull(first, 'first');
  assert.equal(Number(result?.bytes), shared.bytes.length);
  const again = await pull(second, 'second');
  assert.equal(Number(again.result?.bytes), own.bytes.length);
  assert.equal(registry.requestsFor(shared.digest).length, 1);
  assert.equal(layers().length, 2);
  assert.deepEqual(readdirSync(join(host.imageRoot, 'second')).sort(), ['own', 'shared']);
});

test('of an image for several platforms that of --platform= comes', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry } = await setOciScene(t);
  const of = (architecture: string) =>
    makeImage({ layers: [makeLayer([{ path: architecture, content: 'x' }])], platform: { ...amd64, architecture } });
  const reference = registry.push('multi', makeIndex([of('amd64'), of('riscv64')]), 'latest');
  const pulled = await host.ferryctl(['pull-oci', '--layout=tree', '--platform=linux/riscv64', reference]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.deepEqual(readdirSync(join(host.imageRoot, 'multi')), ['riscv64']);
});

test('io.systemd.Import pulls container images as type oci', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, connect } = await setOciScene(t);
  const remote = registry.push('small', smallImage().image, 'latest');
  const client = await connect();
  const parameters = { remote, type: 'oci', class: 'machine', imageRoot: host.imageRoot };
  const replies: unknown[] = [];
  for await (const reply of client.callMore('io.systemd.Import.Pull', parameters)) replies.push(reply);
  assert.deepEqual(replies.at(-1), {});
  assert.ok(host.images().includes('small.mstack'));
});

test('what the settings of an image cannot say is told', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const layers = [makeLayer([{ path: 'x', content: 'x' }])];
  const image = makeImage({ layers, config: { Cmd: ['/x'], Env: ['=x'] } });
  await pull(registry.push('odd', image, 'latest'), 'odd');
  assert.match(host.log(), /The settings of the image leave out: .*=x/);
});

test('the history and the record of an image say from where it was pulled', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const { image } = smallImage();
  const reference = `${registry.push('small', image, '1')}:1`;
  await pull(reference, 'small');
  const history = JSON.parse((await host.ferryctl(['history', '--json=short'])).stdout);
  const [event] = history;
  assert.deepEqual([event.operation, event.name, event.url], ['pull', 'small', reference]);
  const [shown] = JSON.parse((await host.ferryctl(['show', '--json=short', 'small'])).stdout);
  assert.equal(shown.provenance.url, `docker://${registry.host}/small:1@${image.manifest.digest}`);
  assert.equal(`sha256:${shown.provenance.sha256}`, image.manifest.digest);
  // The registry alone says what a tag is; the caller says what a digest is.
  assert.equal(shown.provenance.verification, 'checksum');
  await pull(`${registry.host}/small@${image.manifest.digest}`, 'pinned');
  const [pinned] = JSON.parse((await host.ferryctl(['show', '--json=short', 'pinned'])).stdout);
  assert.equal(pinned.provenance.verification, 'digest');
});
