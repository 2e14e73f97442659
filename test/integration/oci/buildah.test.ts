import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { Containers } from '../../support/oci/containers.js';
import { unpackLayout } from '../../support/oci/umoci.js';
import { dockerRegistry, needsDockerRegistry } from '../../support/registry/docker-registry.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** What makes an image of the one before. */
const changes = [
  'mkdir -p etc/d usr/lib var; echo a >etc/a; echo b >etc/b; ln etc/b etc/hard; echo x >etc/d/x; ln -s usr/lib lib; ln -s /etc abs; mkfifo fifo; mknod null c 1 3; chmod 4711 etc/a; setfattr -n user.comment -v text etc/b; chown 12:34 etc/b; chmod 1777 var; cp /bin/true usr/ping; setcap cap_net_raw+ep usr/ping',
  'rm etc/a; rm -r etc/d; mkdir etc/d; echo new >etc/d/new; rm lib; mkdir lib; echo own >lib/own; rm fifo; mkdir fifo; ln etc/b usr/third; setfattr -x user.comment etc/b',
  'true',
  'rm -r usr; ln -s etc usr; rm etc/hard; echo own >etc/hard; touch -d @1000000000 etc/d; chmod 700 etc/d; rm null; mknod null b 7 0; mkdir -p a/b/c/d; echo deep >a/b/c/d/file',
  'rm -r a lib; rm abs; mv etc etc2; truncate -s 3M etc2/sparse; printf x | dd of=etc2/sparse bs=1 seek=1048576 conv=notrunc status=none',
];

/** How images are sent, by tag: options of buildah-push(1), and what a layer then is by its manifest. */
const ways = {
  gzip: { options: ['--format=oci', '--compression-format=gzip'], says: /image\.layer\.v1\.tar\+gzip/ },
  zstd: { options: ['--format=oci', '--compression-format=zstd'], says: /image\.layer\.v1\.tar\+zstd/ },
  chunked: { options: ['--format=oci', '--compression-format=zstd:chunked'], says: /zstd-chunked\.manifest-position/ },
  docker: { options: ['--format=v2s2'], says: /docker\.image\.rootfs\.diff\.tar\.gzip/ },
} as const;

function needsBuildah(t: TestContext, ...programs: string[]): boolean {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return false;
  return needs(t, { root: true, features: ['mount'], programs: ['buildah', 'umoci', ...programs] });
}

/** The manifest that a registry has of an image. */
async function manifestOf(base: string, name: string, tag: string): Promise<string> {
  const kinds = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];
  const response = await fetch(`${base}${name}/manifests/${tag}`, { headers: { accept: kinds.join() } });
  return await response.text();
}

test('twenty images of buildah, sent in four ways, become the trees that umoci makes of them, entry by entry', async (t) => {
  if (!needsBuildah(t, 'setfattr', 'setcap')) return;
  const { path } = temporaryDirectory(t);
  await using registry = await dockerRegistry(t);
  await using host = await ferryHost(t);
  const home = join(path, 'containers');
  mkdirSync(home);
  const containers = new Containers(home);
  let number = 0;
  for (const [index, change] of changes.entries()) {
    const image = `localhost/step:${index}`;
    containers.build(image, index === 0 ? 'scratch' : `localhost/step:${index - 1}`, change);
    containers.push(image, `oci:${path}/layout${index}:latest`, '--compression-format=gzip');
    const expected = unpackLayout(`${path}/bundle${index}`, `${path}/layout${index}`);
    for (const [tag, { options, says }] of Object.entries(ways)) {
      const reference = `${registry.host}/step${index}:${tag}`;
      containers.push(image, `docker://${reference}`, ...options);
      assert.match(await manifestOf(registry.base, `step${index}`, tag), says);
      const name = `i${number++}`;
      const { status, stderr } = await host.ferryctl(['pull-oci', '--layout=tree', reference, name]);
      assert.equal(status, 0, `${reference}: ${stderr}`);
      const found = compareTrees(expected, join(host.imageRoot, name), { wholeSeconds: true });
      // Its layers do not mention the root.
      const differences = found.filter((line) => !line.startsWith('.: mtime'));
      assert.deepEqual(differences, [], `${index}, ${tag}`);
    }
  }
  assert.equal(number, 20);
});

test('of an image that buildah has made for several machines, that of the platform comes', async (t) => {
  if (!needsBuildah(t)) return;
  const { path } = temporaryDirectory(t);
  await using registry = await dockerRegistry(t);
  await using host = await ferryHost(t);
  const home = join(path, 'containers');
  mkdirSync(home);
  const containers = new Containers(home);
  const platforms = { amd64: 'linux/amd64', arm64: 'linux/arm64/v8', armv6: 'linux/arm/v6', armv7: 'linux/arm/v7' };
  containers.run('buildah', 'manifest', 'create', 'multi');
  containers.build('localhost/base:1', 'scratch', 'mkdir etc; echo all >etc/all');
  for (const [name, platform] of Object.entries(platforms)) {
    const [, architecture = '', variant = ''] = platform.split('/');
    const image = `localhost/${name}:1`;
    containers.build(image, 'localhost/base:1', `echo ${name} >etc/which`, '--arch', architecture);
    const options = ['--arch', architecture, ...(variant === '' ? [] : ['--variant', variant])];
    containers.run('buildah', 'manifest', 'add', ...options, 'multi', image);
  }
  for (const format of ['oci', 'v2s2']) {
    const reference = `${registry.host}/multi:${format}`;
    const policy = `--signature-policy=${join(home, 'policy.json')}`;
    const options = ['--all', '--tls-verify=false', policy, `--format=${format}`];
    containers.run('buildah', 'manifest', 'push', ...options, 'multi', `docker://${reference}`);
    for (const [name, platform] of Object.entries(platforms)) {
      const parameters = ['pull-oci', '--layout=tree', `--platform=${platform}`, reference, `${format}-${name}`];
      const { status, stderr } = await host.ferryctl(parameters);
      assert.equal(status, 0, `${platform}: ${stderr}`);
      assert.equal(readFileSync(join(host.imageRoot, `${format}-${name}/etc/which`), 'utf8'), `${name}\n`);
    }
    const absent = await host.ferryctl(['pull-oci', '--layout=tree', '--platform=linux/s390x', reference, 'absent']);
    assert.notEqual(absent.status, 0);
    assert.match(absent.stderr, /linux\/s390x/);
  }
});
