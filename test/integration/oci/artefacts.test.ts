import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type PullParameters, TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { dockerRegistry, needsDockerRegistry } from '../../support/registry/docker-registry.js';
import { type Image, makeArtefact, makeImage, makeIndex, makeLayer } from '../../support/registry/images.js';
import { packLayer } from '../../support/registry/tar-layer.js';
import { upload } from '../../support/registry/upload.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { type FerryHost, ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';
import { verifiedByManifest } from '../../support/texts/client.js';
import { noKeyFor } from '../../support/texts/signatures.js';
import { remote } from '../remote/remote.js';
import { leftovers, type OciScene, setOciScene } from './scene.js';

const disk = Buffer.alloc(3 * 1024 * 1024, 1);
const blob = gzipSync(disk);
const named = makeArtefact([{ content: blob, title: 'fleet.raw.gz' }]);

function digestIn({ blobs }: Image): string {
  return blobs[1]?.digest ?? '';
}

function wish({ host }: OciScene, url: string, changes: Partial<PullParameters> = {}): PullParameters {
  return { url, format: 'raw', class: 'machine', imageRoot: host.imageRoot, ...changes };
}

async function pull(scene: OciScene, url: string, changes: Partial<PullParameters> = {}) {
  return await new TransferClient(await scene.connect()).pull(wish(scene, url, changes));
}

function diskOf(host: Pick<FerryHost, 'imageRoot'>, name: string): Buffer {
  return readFileSync(join(host.imageRoot, `${name}.raw`));
}

test('pull-raw makes a disk of an artefact that docker-registry has, by its title, and tells which it is', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return;
  await using registry = await dockerRegistry(t);
  await upload(registry.base, 'fleet/os', named, ['1']);
  await using host = await ferryHost(t);
  const url = `oci://${registry.host}/fleet/os:1`;
  const plan = await host.ferryctl(['pull-raw', '--dry-run', url]);
  assert.equal(plan.status, 0, plan.stderr);
  assert.match(plan.stdout, /^ *Verification: by the digest in its manifest$/m);
  assert.ok(plan.stdout.includes(join(host.imageRoot, 'fleet.raw')), plan.stdout);
  assert.deepEqual(host.images(), []);
  const pulled = await host.ferryctl(['pull-raw', '--json=short', url]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.ok(diskOf(host, 'fleet').equals(disk));
  const { manifestDigest, verifiedBy, sha256, bytes, fromCache } = JSON.parse(pulled.stdout);
  assert.equal(manifestDigest, named.manifest.digest);
  assert.deepEqual(
    { verifiedBy, sha256: `sha256:${sha256}`, bytes, fromCache },
    { verifiedBy: 'checksum', sha256: digestIn(named), bytes: blob.length, fromCache: false },
  );
  assert.ok(pulled.stderr.includes(`(manifest ${named.manifest.digest}, ${verifiedByManifest})`), pulled.stderr);
  const [shown] = JSON.parse((await host.ferryctl(['show', '--json=short', 'fleet'])).stdout);
  assert.equal(shown.provenance.url, url);
  assert.equal(shown.provenance.verification, 'checksum');
  // What is here is not downloaded again, by its tag or by its digest.
  const again = await host.ferryctl(['pull-raw', '-j', '--force', url]);
  assert.equal(again.status, 0, again.stderr);
  assert.equal(JSON.parse(again.stdout).fromCache, true);
  const pinned = `oci://${registry.host}/fleet/os@${named.manifest.digest}`;
  const byDigest = await host.ferryctl(['pull-raw', '-j', pinned, 'pinned']);
  assert.equal(byDigest.status, 0, byDigest.stderr);
  assert.equal(JSON.parse(byDigest.stdout).verifiedBy, 'digest');
  assert.ok(diskOf(host, 'pinned').equals(disk));
  const verified = await host.ferryctl(['verify', 'fleet']);
  const ofRegistry =
    'Cannot judge the download: it came from a registry, which keeps no checksum or signature files; pull it again to compare';
  assert.ok(`${verified.stdout}${verified.stderr}`.includes(ofRegistry), `${verified.stdout}${verified.stderr}`);
});

test('an artefact without a title is called like its reference, a tar archive becomes a tree', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const tar = packLayer([{ path: 'etc/' }, { path: 'etc/a', content: 'a' }]);
  const tree = makeArtefact([{ content: gzipSync(tar), mediaType: 'application/vnd.acme' }]);
  const reference = scene.registry.push('team/tree', tree, 'latest');
  const { result } = await pull(scene, `oci://${reference}`, { format: 'tar' });
  assert.equal(result?.path, join(scene.host.imageRoot, 'tree'));
  assert.equal(readFileSync(join(scene.host.imageRoot, 'tree/etc/a'), 'utf8'), 'a');
});

test('of several files of an artefact the disk is taken, or the one that is named, else none', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const [a, b] = [Buffer.alloc(4096, 1), Buffer.alloc(8192, 2)];
  const notes = { content: Buffer.from('text'), title: 'notes.txt' };
  const one = scene.registry.push('one', makeArtefact([notes, { content: a, title: 'a.raw' }]), 'latest');
  const files = [
    { content: a, title: 'a.raw' },
    { content: b, title: 'b.raw' },
  ];
  const two = scene.registry.push('two', makeArtefact(files), 'latest');
  await pull(scene, `oci://${one}`, { name: 'x' });
  assert.ok(diskOf(scene.host, 'x').equals(a));
  await pull(scene, `oci://${two}#b.raw`);
  assert.ok(diskOf(scene.host, 'b').equals(b));
  const { name, parameters } = await errorOf(pull(scene, `oci://${two}`, { name: 'y' }));
  assert.equal(name, 'io.ferry.Transfer.UnsupportedFormat');
  assert.match(String(parameters['message']), /: it has 2 files \('a\.raw', 'b\.raw'\); /);
});

test('the artefact for the platform that is named is taken from an index', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const made = ['amd64', 'arm64'].map((architecture, index) => ({
    ...makeArtefact([{ content: Buffer.alloc(4096, index + 1), title: 'os.raw' }]),
    platform: { os: 'linux', architecture },
  }));
  const reference = scene.registry.push('os', makeIndex(made), 'latest');
  await pull(scene, `oci://${reference}`, { platform: 'linux/arm64', name: 'arm' });
  assert.ok(diskOf(scene.host, 'arm').equals(Buffer.alloc(4096, 2)));
});

test('nothing is placed of an artefact with another digest or size than its manifest says, or of a container image', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const { registry, host } = scene;
  const reference = registry.push('x', named, 'latest');
  registry.blob('x', { digest: digestIn(named), bytes: Buffer.alloc(blob.length, 1) });
  assert.equal((await errorOf(pull(scene, `oci://${reference}`))).name, 'io.ferry.Transfer.VerificationFailed');
  registry.blob('x', { digest: digestIn(named), bytes: Buffer.concat([blob, Buffer.alloc(1)]) });
  const longer = (await errorOf(pull(scene, `oci://${reference}`))).name;
  assert.match(longer, /^io\.ferry\.Transfer\.(DownloadFailed|VerificationFailed)$/);
  const image = registry.push('image', makeImage({ layers: [makeLayer([{ path: 'a' }])] }), 'latest');
  const { name, parameters } = await errorOf(pull(scene, `oci://${image}`, { name: 'c' }));
  assert.equal(name, 'io.ferry.Transfer.UnsupportedFormat');
  assert.equal(
    parameters['message'],
    `Cannot use ${image}:latest: it is a container image, and not a file; pull it with pull-oci`,
  );
  assert.deepEqual(host.images(), []);
});

test('what cannot be said of an artefact is refused, and what is for artefacts alone elsewhere', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const url = `oci://${scene.registry.push('x', named, 'latest')}`;
  const signed = await errorOf(pull(scene, url, { verify: 'signature' }));
  assert.equal(signed.name, 'io.ferry.Transfer.VerificationFailed');
  const name = url.slice('oci://'.length);
  assert.equal(signed.parameters['message'], noKeyFor(`${name}:latest`, name));
  const invalid: [parameter: string, url: string, changes: Partial<PullParameters>][] = [
    ['digest', url, { digest: digestIn(named) }],
    ['checksumFile', url, { checksumFile: 'SUMS' }],
    ['keyrings', url, { keyrings: ['AAAA'] }],
    ['credentials', url, { credentials: [{ registry: 'r', user: 'u' }] }],
    ['credentials', 'http://h/x.raw', { credentials: [] }],
    ['platform', 'http://h/x.raw', { platform: 'linux/amd64' }],
  ];
  for (const [parameter, at, changes] of invalid) {
    const { name, parameters } = await errorOf(pull(scene, at, changes));
    assert.deepEqual([name, parameters], ['org.varlink.service.InvalidParameter', { parameter }]);
  }
  assert.equal((await errorOf(pull(scene, 'oci://'))).name, 'io.ferry.Transfer.InvalidUrl');
});

test('the disk of an artefact that was interrupted resumes where it stopped', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const content = someBytes(3 * 1024 * 1024);
  const artefact = makeArtefact([{ content, title: 'disk.raw' }]);
  const url = `oci://${scene.registry.push('cut', artefact, 'latest')}`;
  scene.registry.blob('cut', { digest: digestIn(artefact), bytes: content }, { cutAt: 1_000_000 });
  await pull(scene, url);
  const [, second] = scene.registry.requestsFor(digestIn(artefact));
  assert.match(String(second?.headers['range']), /^bytes=\d+-$/);
  assert.ok(diskOf(scene.host, 'disk').equals(content));
  assert.deepEqual(leftovers(scene.host), []);
});

test('io.systemd.Import pulls artefacts too', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const url = `oci://${scene.registry.push('x', named, 'latest')}`;
  const parameters = { remote: url, local: 'x', type: 'raw', class: 'machine', imageRoot: scene.host.imageRoot };
  const running = await Running.begin(await scene.connect(), parameters, 'io.systemd.Import.Pull');
  await running.done;
  assert.equal(running.error, null);
  assert.ok(diskOf(scene.host, 'x').equals(disk));
});

test('with -H the logins for an artefact are those of the client’s host, and no log has them', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const { FakeRegistry } = await import('../../support/registry/fake-registry.js');
  await using registry = await FakeRegistry.start();
  registry.door = { kind: 'bearer', user: 'me', password: 's3cret' };
  const authFile = there.file('auth.json');
  const auth = Buffer.from('me:s3cret').toString('base64');
  writeFileSync(authFile, JSON.stringify({ auths: { [registry.host]: { auth } } }));
  const url = `oci://${registry.push('os', named, 'latest')}`;
  const pulled = await there.ferryctl(['pull-raw', `--authfile=${authFile}`, url]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.ok(diskOf(there.ferry, 'fleet').equals(disk));
  assert.doesNotMatch(there.ferry.log(), /s3cret/);
});

test('an ordinary user pulls an artefact as a system extension', async (t) => {
  if (!needsProduct(t)) return;
  const { FakeRegistry } = await import('../../support/registry/fake-registry.js');
  await using registry = await FakeRegistry.start();
  const url = `oci://${registry.push('os', named, 'latest')}`;
  await using user = ferryUser(t, process.getuid?.() === 0 ? { user: 1000 } : {});
  const pulled = await user.ferryctl(['pull-raw', '--class=sysext', '--json=short', url]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.ok(readFileSync(JSON.parse(pulled.stdout).path).equals(disk));
});
