import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesystemNeeds } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { needsService } from '../../support/service/stage.js';
import { ExportSweep, exportsOfAllKinds } from './exports.js';
import { ociWorks } from './oci/works.js';
import { reset, type Scene, setScene, type Work, works } from './works.js';

/** What a power cut leaves is a question of the order of calls: contents reach the disk before they have a name, names after. */

/** The lines of a trace that change contents, give names, or have something written to the disk. */
function linesOf(scene: Scene): string[] {
  const changing =
    /^(p?write(64)?|pwritev2?|writev|copy_file_range|ftruncate|fallocate|fsync|fdatasync|syncfs|rename\w*|ioctl.*CLONE)\(/;
  const lines = scene.injector.seen('placement').map(({ line }) => line);
  return lines.filter((line) => changing.test(line) && line.includes(scene.root) && !/ = -1 /.test(line));
}

/** Renames that give an image, an original or a sidecar its name. */
function naming(lines: readonly string[]): { index: number; from: string; to: string }[] {
  return lines.flatMap((line, index) => {
    // Between the names is the directory of the new one: in one that is temporary itself it is no name yet.
    const [, from = '', directory = '', to = ''] = /^rename\w*\(.*?"([^"]+)"(.*?)"([^"]+)"/.exec(line) ?? [];
    return from.includes('.#') && !`${directory}${to}`.includes('.#') ? [{ index, from, to }] : [];
  });
}

function isSynchronizing(line: string): boolean {
  return /^(fsync|fdatasync|syncfs)\(/.test(line);
}

/** A pull whose image has a file beside it, which is kept with the original and placed with the image. */
const withSidecar: Work = {
  ...works.pullRaw,
  what: 'pull-raw with an .nspawn file',
  run: (scene) => {
    scene.stage.server.serve('/new.nspawn', Buffer.from('[Exec]\n'));
    return works.pullRaw.run(scene);
  },
};

async function trace(scene: Scene, work: Work): Promise<string[]> {
  reset(scene, work);
  scene.injector.watch('placement');
  await work.run(scene);
  return linesOf(scene);
}

for (const filesystem of ['ext4', 'btrfs'] as const) {
  test(`on ${filesystem} nothing gets its name before its content is on the disk, and the name follows`, async (t) => {
    if (!needsService(t, 'strace', 'setfattr', 'tar') || !needs(t, filesystemNeeds(filesystem))) return;
    const scene = await setScene(t, filesystem);
    for (const work of [...Object.values(works), withSidecar, ociWorks.assembleTree, ociWorks.assembleStack]) {
      await t.test(work.what, async () => {
        const lines = await trace(scene, work);
        const names = naming(lines);
        const says = lines.join('\n');
        // The original, the image, and where there are some what belongs to each.
        if (work === withSidecar) assert.equal(names.length, 4, says);
        if (work === works.verified)
          assert.ok(
            names.some(({ to }) => to.endsWith('.proofs')),
            says,
          );
        assert.ok(names.length > 0, says);
        for (const { index, from } of names) {
          const before = lines.slice(0, index);
          const content = (line: string) => line.includes(from) && !isSynchronizing(line);
          const synchronized = (line: string) =>
            isSynchronizing(line) && (line.includes(from) || line.startsWith('syncfs('));
          const last = before.findLastIndex(content);
          const after = before.slice(last + 1);
          assert.ok(after.some(synchronized), `${from} has its name before its content is on the disk\n${says}`);
        }
        const rest = lines.slice((names.at(-1)?.index ?? 0) + 1);
        const directory = (line: string) =>
          line.startsWith('syncfs(') || (line.startsWith('fsync(') && line.includes(`<${scene.root}>`));
        assert.ok(rest.some(directory), `the names are not on the disk at the end\n${says}`);
      });
    }
  });

  test(`on ${filesystem} an exported file gets its name when its content is on the disk, and the name follows`, async (t) => {
    if (!needsService(t, 'strace', 'setfattr', 'tar') || !needs(t, filesystemNeeds(filesystem))) return;
    for (const wish of [exportsOfAllKinds.disk, exportsOfAllKinds.packedTree]) {
      const sweep = await ExportSweep.begin(t, filesystem, wish);
      const exports = sweep.scene.file('exports');
      const lines = (sweep.calls.get('ferryctl') ?? []).map(({ line }) => line);
      const says = lines.join('\n');
      const renamed = lines.findIndex((line) => line.startsWith('rename(') && line.includes(join(exports, 'target')));
      assert.ok(renamed > 0, says);
      const synchronized = (line: string) => /^(fsync|fdatasync)\(.*\.#target/.test(line);
      assert.ok(lines.slice(0, renamed).some(synchronized), says);
      assert.ok(
        lines.slice(renamed).some((line) => line.startsWith('fsync(') && line.includes(`<${exports}>`)),
        says,
      );
    }
  });
}
