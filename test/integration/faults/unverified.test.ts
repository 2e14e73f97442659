import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { attempt, run } from '../../support/command.js';
import { makeDisk } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { Scene } from '../../support/service/scene.js';
import { gate, someBytes, stageOn } from '../../support/service/stage.js';
import { waitUntil } from '../../support/wait.js';

/** What an ordinary user can run or read below a directory, as that user finds it. */
function reachable(directory: string): string[] {
  const user = ['--reuid=ferry-test', '--regid=ferry-test', '--clear-groups'];
  const script = 'find "$1" -mindepth 2 ; find "$1" -type f -readable; find "$1" -perm -4000 -executable';
  return attempt('setpriv', [...user, 'sh', '-c', script, 'sh', directory])
    .stdout.split('\n')
    .filter(Boolean);
}

/** An archive whose first entry is its root, open to everybody and another user's, and whose second is a setuid program. */
function hostileTree(scene: Scene): string {
  const tree = scene.file('tree');
  mkdirSync(tree);
  copyFileSync('/bin/true', join(tree, 'setuid'));
  chmodSync(join(tree, 'setuid'), 0o4755);
  run('sh', ['-c', 'head -c 3000000 /dev/urandom >"$1/zz"', 'sh', tree]);
  chmodSync(tree, 0o777);
  run('setfacl', ['-m', 'u:ferry-test:rwx', tree]);
  run('chown', ['ferry-test', tree]);
  return tree;
}

async function withScene(t: TestContext, type: 'ext4' | 'btrfs', body: (scene: Scene) => Promise<void>): Promise<void> {
  if (!needs(t, { root: true, programs: ['setpriv', 'setfacl', 'tar'] })) return;
  if (attempt('id', ['ferry-test']).status !== 0) return t.skip('needs the user ferry-test');
  const scene = await Scene.open(t, type);
  if (scene === undefined) return;
  for (const path of [join(scene.place, '..'), scene.host.imageRoot]) chmodSync(path, 0o755);
  chmodSync(scene.place, 0o700);
  await body(scene);
}

/** Waits until something that a transfer makes is in the image directory, with something in it. */
async function begun(scene: Scene): Promise<void> {
  const isThere = (name: string) => {
    const image = scene.image(name, 'image');
    return (
      existsSync(image) && (statSync(image).isDirectory() ? readdirSync(image).length > 1 : statSync(image).size > 0)
    );
  };
  await waitUntil(() => scene.host.images().some((name) => name.startsWith('.#partial-') || isThere(name)));
}

for (const type of ['ext4', 'btrfs'] as const) {
  for (const format of ['tar', 'raw'] as const) {
    test(`nobody reaches a download before it is verified: ${format} on ${type}`, async (t) => {
      await withScene(t, type, async (scene) => {
        const server = await GateServer.start(t);
        const tree = hostileTree(scene);
        run('tar', ['--acls', '--sort=name', '-C', tree, '-cf', scene.file('x.tar'), '.']);
        const bytes = format === 'tar' ? readFileSync(scene.file('x.tar')) : someBytes(2 * gate);
        const url = server.serve(`/x.${format}`, bytes, bytes.length - 600_000);
        const { transfers } = await stageOn(t, scene.host.socket, scene.host.imageRoot);
        const options = { name: 'x', format, class: 'machine', verify: 'no', keepDownload: false } as const;
        const pull = transfers.pull({ url, ...options, imageRoot: scene.host.imageRoot });
        await begun(scene);
        assert.deepEqual(reachable(scene.host.imageRoot), []);
        for (const name of scene.host.images())
          assert.equal(statSync(scene.image(name)).mode & 0o077, 0, `${name} is for its owner alone`);
        server.open(`/x.${format}`);
        await pull;
        const found = statSync(scene.image(format === 'tar' ? 'x' : 'x.raw'));
        assert.equal((found.mode & 0o7777).toString(8), format === 'tar' ? '777' : '644');
        assert.deepEqual(scene.host.images(), [format === 'tar' ? 'x' : 'x.raw']);
      });
    });
  }

  test(`nobody reaches what an import, a clone or an export makes: ${type}`, async (t) => {
    await withScene(t, type, async (scene) => {
      const tree = hostileTree(scene);
      const seen: string[] = [];
      let watching = true;
      const watch = (async () => {
        for (; watching; await pause(1))
          for (const name of scene.host.images().filter((each) => each.startsWith('.#ferry-')))
            seen.push(...modeOf(scene.image(name)));
      })();
      run('tar', ['--acls', '--sort=name', '-C', tree, '-cf', scene.file('x.tar'), '.']);
      await scene.succeed('import-fs', tree, 'fs');
      await scene.succeed('import-tar', scene.file('x.tar'), 'tar');
      await scene.succeed('import-raw', makeDisk(scene.file('x.raw')), 'raw');
      for (const image of ['fs', 'raw']) await scene.succeed('clone-image', image, `${image}-clone`);
      await scene.succeed('import-tar', '--force', '--read-only', scene.file('x.tar'), 'fs');
      await scene.succeed('import-tar', '--force', scene.file('x.tar'), 'fs');
      await scene.succeed('export-tar', 'tar', scene.file('y.tar'));
      await scene.succeed('remove-image', 'fs');
      watching = false;
      await watch;
      assert.deepEqual(
        [...new Set(seen)].filter((mode) => mode !== '700'),
        [],
      );
      assert.ok(seen.length > 0);
      assert.deepEqual(scene.host.images(), ['fs-clone', 'raw-clone.raw', 'raw.raw', 'tar']);
      for (const name of ['fs-clone', 'tar'])
        assert.equal((statSync(scene.image(name)).mode & 0o7777).toString(8), '777');
    });
  });
}

function modeOf(path: string): string[] {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? [] : [(status.mode & 0o777).toString(8)];
}
