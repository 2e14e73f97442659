import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { exitStatus } from '../../../common/exit-statuses.js';
import { run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { onEachScene, type Scene } from '../../support/service/scene.js';
import { changedMeanwhile } from '../../support/texts/verify.js';
import { flipByte } from './scene.js';

async function verify(scene: Scene, name: string): Promise<[status: number | null, ...checks: string[]]> {
  const { status, stdout, stderr } = await scene.host.ferryctl(['--json=short', 'verify', name]);
  const [{ checks }] = JSON.parse(stdout || `[{"checks":[]}]`);
  assert.doesNotMatch(stdout, new RegExp(changedMeanwhile('image')), stderr);
  return [status, ...checks.map((check: { kind: string; verdict: string }) => `${check.kind} ${check.verdict}`)];
}

test('verify tells of disks that were changed, and of trees only where they are subvolumes, on ext4 and btrfs', async (t) => {
  if (!needs(t, { programs: ['tar'] })) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    const isBtrfs = scene.type === 'btrfs';
    const disk = server.serve('/disk.raw', Buffer.alloc(1 << 20, 1));
    run('tar', ['-cf', scene.file('tree.tar'), '-C', '/', 'etc/passwd']);
    const tree = server.serve('/tree.tar', readFileSync(scene.file('tree.tar')));
    await scene.succeed('pull-raw', '-m', '--verify=no', disk, 'disk');
    await scene.succeed('pull-tar', '-m', '--verify=no', tree, 'tree');
    const ofDisk = ['record good', 'pristine good', 'image good', 'proofs unknown'];
    assert.deepEqual(await verify(scene, 'disk'), [exitStatus.success, ...ofDisk]);

    // The disk shares its blocks with the download where they can: what is written to one is not in the other.
    flipByte(scene.image('disk.raw'), 1000);
    const flipped = ['record good', 'pristine good', 'image unknown', 'proofs unknown'];
    assert.deepEqual(await verify(scene, 'disk'), [exitStatus.success, ...flipped]);
    await scene.succeed('read-only-image', 'disk');
    const marked = ['record good', 'pristine good', 'image bad', 'proofs unknown'];
    assert.deepEqual(await verify(scene, 'disk'), [exitStatus.verification, ...marked]);

    const [, , , ofTree] = await verify(scene, 'tree');
    assert.equal(ofTree, isBtrfs ? 'image good' : 'image unknown');
    writeFileSync(scene.image('tree/etc/passwd'), 'changed');
    if (isBtrfs) run('btrfs', ['filesystem', 'sync', scene.host.imageRoot]);
    assert.equal((await verify(scene, 'tree'))[3], 'image unknown');
  });
});
