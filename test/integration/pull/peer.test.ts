import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { needsPeer, peer } from '../../support/peer/peer.js';
import { type Nginx, needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

const files = [
  ['tar', 'tiny.tar.gz', 'tree'],
  ['raw', 'tiny.raw.gz', 'disk'],
] as const;

for (const type of ['ext4', 'btrfs'] as const) {
  test(`an image root that Ferry filled is like one that systemd filled, and either uses the other's downloads (${type})`, async (t) => {
    if (!needsProduct(t) || !needsNginx(t) || !needsPeer(t) || !needs(t, filesystemNeeds(type))) return;
    await using directory = temporaryDirectory();
    const release = makeRelease(directory.path);
    await using server = await nginx(t, release.path);
    await using filesystem = mountedFilesystem(t, type, 320);
    const [ours, theirs] = [join(filesystem.path, 'ours'), join(filesystem.path, 'theirs')];
    for (const root of [ours, theirs]) mkdirSync(root);
    await using host = await ferryHost(t, { imageRoot: ours });
    for (const [verb, file, name] of files) {
      const pulled = await host.ferryctl([`pull-${verb}`, '-m', '--verify=checksum', `${server.url}/${file}`, name]);
      assert.equal(pulled.status, 0, pulled.stderr);
      pullWithSystemd(server, theirs, verb, file, name);
    }
    // Proofs are Ferry's alone.
    const proofs = readdirSync(ours).filter((each) => each.endsWith('.proofs'));
    assert.equal(proofs.length, files.length);
    assert.deepEqual(readdirSync(ours).sort(), [...readdirSync(theirs), ...proofs].sort());
    // Records of verification are Ferry's alone; the time of creation is that of each pull.
    const ignoreAttribute = (attribute: string) => attribute.includes('.ferry.') || attribute === 'user.crtime_usec';
    const times = { ignoreRoot: true, ignoreAttribute };
    assert.deepEqual(compareTrees(join(theirs, 'tree'), join(ours, 'tree'), times), []);
    assert.equal(run('cmp', [join(theirs, 'disk.raw'), join(ours, 'disk.raw')]), '');
    for (const name of readdirSync(ours).filter((each) => /^\.raw-.*\.raw$/.test(each))) {
      const attributes = (root: string) =>
        run('getfattr', ['-d', '-m', '^user\\.source', '--absolute-names', '--only-values', join(root, name)]);
      assert.equal(attributes(ours), attributes(theirs));
    }
    await t.test('systemd finds what Ferry has downloaded', async () => {
      for (const [verb, file] of files) pullWithSystemd(server, ours, verb, file, `again-${verb}`);
      assert.deepEqual(await lastStatuses(server), { 'tiny.tar.gz': '304', 'tiny.raw.gz': '304' });
      assert.deepEqual(compareTrees(join(ours, 'tree'), join(ours, 'again-tar'), times), []);
    });
  });
}

function pullWithSystemd(server: Nginx, root: string, verb: 'tar' | 'raw', file: string, name: string): void {
  const { status, stderr } = peer(
    'pull',
    `--image-root=${root}`,
    '--verify=checksum',
    verb,
    `${server.url}/${file}`,
    name,
  );
  assert.equal(status, 0, stderr);
}

/** By file, the status of the last request for it. */
async function lastStatuses(server: Nginx): Promise<Record<string, string>> {
  const log = (await server.accessLog()).map((line) => line.split(' '));
  const wanted: readonly string[] = files.map(([, file]) => file);
  return Object.fromEntries(
    log.flatMap(([, path = '', status = '']) => (wanted.includes(path.slice(1)) ? [[path.slice(1), status]] : [])),
  );
}
