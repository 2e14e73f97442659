/** Container images on other hosts and in containers, from and to files that are here. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../../client/cli/run.js';
import { run as execute } from '../../support/command.js';
import { digestOf } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { layoutArchive } from '../../support/registry/archives.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { UploadRegistry } from '../../support/registry/upload-registry.js';
import { clientProgram, imageRootFor, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitUntil } from '../../support/wait.js';
import { fakeProcessContext } from '../../unit/client/support/process-context.js';
import { smallImage } from '../oci/scene.js';
import { handmadeContainer, serviceScript } from './handmade-container.js';
import { remote } from './remote.js';

const programs = ['unshare', 'nsenter', 'setpriv', 'chroot', 'mount', 'tar'];

function assertSmall(tree: string): void {
  assert.deepEqual(readdirSync(join(tree, 'etc')).sort(), ['changed', 'new', 'os-release']);
  assert.equal(readFileSync(join(tree, 'etc/changed'), 'utf8'), 'after');
}

/** That of the image in an archive: the rest of it says what the image is called. */
function manifestOf(archive: string): string {
  return JSON.parse(execute('tar', ['-xOf', archive, 'index.json'])).manifests[0].digest;
}

test('archives of container images go to another host, and images come from there as the same archive', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const { imageRoot } = there.ferry;
  writeFileSync(there.file('small.oci'), layoutArchive([{ image: smallImage().image }]));
  const good = async (parameters: string[], input?: Buffer) => {
    const { status, stderr, stdout } = await there.ferryctl(parameters, input);
    assert.equal(status, 0, `${parameters.join(' ')}: ${stderr}`);
    return stdout;
  };
  await good(['import-oci', '--layout=tree', there.file('small.oci'), 'tree']);
  assertSmall(join(imageRoot, 'tree'));
  await good(['import-oci', '--layout=mstack', '-', 'stack'], readFileSync(there.file('small.oci')));
  assert.ok(existsSync(join(imageRoot, 'stack.mstack/layer@1')));
  for (const name of ['tree', 'stack']) {
    await good(['export-oci', name, there.file(`${name}.oci`)]);
    const piped = await good(['export-oci', name, '-']);
    assert.deepEqual(piped, readFileSync(there.file(`${name}.oci`)));
    const here = await there.ferry.ferryctl(['export-oci', name, there.file('here.oci')]);
    assert.equal(here.status, 0, here.stderr);
    assert.equal(digestOf(there.file('here.oci')), digestOf(there.file(`${name}.oci`)));
  }
  assert.equal(
    manifestOf(there.file('stack.oci')),
    manifestOf(there.file('tree.oci')),
    'a stack is the tree of its layers',
  );
});

for (const privateUsers of [false, true]) {
  const kind = privateUsers ? 'a container with private users' : 'a container';
  test(`container images are pulled, imported and exported in ${kind}`, async (t) => {
    if (!needsProduct(t) || !needs(t, { root: true, programs, features: ['mount', 'userns'] })) return;
    const container = await handmadeContainer(t, { privateUsers, script: serviceScript('true') });
    await waitUntil(() => existsSync(container.inside('ferry/io.ferry.Transfer')));
    const { path, file } = temporaryDirectory(t);
    await using registry = await FakeRegistry.start();
    const reference = registry.push('small', smallImage().image, 'latest');
    writeFileSync(file('small.oci'), layoutArchive([{ image: smallImage().image }]));
    const good = async (...parameters: string[]) => {
      const context = fakeProcessContext({
        variables: { PATH: process.env['PATH'], HOME: path },
        runtimeDirectory: container.runtimeDirectory,
        clientProgram,
        temporaryDirectory: container.runtimeDirectory,
        now: Date.now,
      });
      const words = [`--machine=${container.name}`, ...imageRootFor(parameters, '/run/images'), ...parameters];
      const status = await run(words, context);
      assert.equal(status, 0, `${parameters.join(' ')}: ${context.written.stderr}`);
    };
    await good('pull-oci', '--layout=tree', reference, 'pulled');
    assertSmall(container.inside('images/pulled'));
    await good('import-oci', '--layout=tree', file('small.oci'), 'imported');
    await good('import-oci', '--layout=mstack', file('small.oci'), 'stack');
    assert.deepEqual(compareTrees(container.inside('images/pulled'), container.inside('images/imported'), {}), []);
    for (const name of ['pulled', 'imported', 'stack']) await good('export-oci', name, file(`${name}.oci`));
    for (const name of ['imported', 'stack'])
      assert.equal(manifestOf(file(`${name}.oci`)), manifestOf(file('pulled.oci')));
    await using uploads = await UploadRegistry.start();
    await good('push-oci', 'pulled', `${uploads.host}/team/pulled:1`);
    assert.deepEqual([...uploads.manifests.keys()], ['team/pulled 1']);
    assert.deepEqual(readdirSync(path).sort(), ['imported.oci', 'pulled.oci', 'small.oci', 'stack.oci']);
    await container.kill();
  });
}
