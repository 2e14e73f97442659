import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { digestOf } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { makeDisk, makeTree, unpackWithTar } from '../../support/images/sources.js';
import { type Contest, onEachContest } from '../../support/peer/contest.js';
import { peer } from '../../support/peer/peer.js';

/** What undoes a compression, and the suffix that both programs know it by. */
const formats: [suffix: string, decompress: string][] = [
  ['', 'cat'],
  ['.gz', 'gzip -dc'],
  ['.xz', 'xz -dc'],
  ['.zst', 'zstd -q -dc'],
  ['.bz2', 'bzip2 -dc'],
];

/** Exports an image by both; their files. The helper takes the path of an image outside the standard directories. */
async function exportBoth(
  contest: Contest,
  form: 'tar' | 'raw',
  name: string,
  suffix: string,
): Promise<[string, string]> {
  const [ours, theirs] = [contest.file(`ours${suffix}`), contest.file(`theirs${suffix}`)];
  for (const path of [ours, theirs]) rmSync(path, { force: true });
  const ferry = await contest.host.ferryctl([`export-${form}`, '-m', name, ours]);
  assert.equal(ferry.status, 0, ferry.stderr);
  const path = `${contest.ours}/${name}${form === 'raw' ? '.raw' : ''}`;
  const helper = peer('export', form, path, theirs);
  assert.equal(helper.status, 0, helper.stderr);
  assert.ok(existsSync(theirs));
  return [ours, theirs];
}

/** The names of the members, in their order. */
function members(archive: string): string[] {
  return run('tar', ['--list', '-f', archive]).split('\n').filter(Boolean);
}

test('export-tar', async (t) => {
  await onEachContest(t, async (t: TestContext, contest) => {
    const tree = makeTree(contest.file('tree'));
    const imported = await contest.host.ferryctl(['import-fs', '-m', tree, 'image']);
    assert.equal(imported.status, 0, imported.stderr);
    for (const [suffix, decompress] of formats) {
      await t.test(`.tar${suffix}`, async () => {
        const archives = await exportBoth(contest, 'tar', 'image', `.tar${suffix}`);
        const [ours = '', theirs = ''] = archives.map((path) => {
          shell(`${decompress} <"$1" >"$1.plain"`, [path]);
          return `${path}.plain`;
        });
        // systemd-export leaves fifos out without a word (differences.md).
        assert.deepEqual(
          members(ours).filter((name) => name !== './fifo'),
          members(theirs),
        );
        const found = compareTrees(unpackWithTar(theirs, contest.file('b')), unpackWithTar(ours, contest.file('a')), {
          holes: true,
          ignorePath: (path) => path === 'fifo',
        });
        assert.deepEqual(found, []);
      });
    }
  });
});

test('export-raw', async (t) => {
  await onEachContest(t, async (t: TestContext, contest) => {
    const disk = makeDisk(contest.file('disk.raw'));
    run('setfattr', ['-n', 'user.note', '-v', 'words', disk]);
    run('touch', ['-d', '2023-03-04 05:06:07.123456789 UTC', disk]);
    const imported = await contest.host.ferryctl(['import-raw', '-m', disk, 'image']);
    assert.equal(imported.status, 0, imported.stderr);
    for (const [suffix, decompress] of formats) {
      await t.test(`.raw${suffix}`, async () => {
        const [ours, theirs] = await exportBoth(contest, 'raw', 'image', `.raw${suffix}`);
        for (const path of [ours, theirs]) shell(`${decompress} <"$1" >"$1.plain"`, [path]);
        assert.equal(digestOf(`${ours}.plain`), digestOf(`${theirs}.plain`));
        assert.ok(readFileSync(`${ours}.plain`).equals(readFileSync(disk)));
        // Compressed bytes may differ, and so do sizes; what the files say about themselves does not.
        const found = compareTrees(theirs, ours, { ignoreAttribute: (name) => name === 'user.crtime_usec' });
        const about = suffix === '' ? found : found.filter((line) => !/: (size|content)/.test(line));
        // Where systemd-export takes a snapshot of the file it loses the times and attributes that it keeps elsewhere.
        assert.deepEqual(
          about.filter((line) => contest.type !== 'btrfs' || !/: (mtime|attribute)/.test(line)),
          [],
        );
        assert.deepEqual(
          compareTrees(disk, `${ours}`, { ignoreAttribute: () => false }).filter((line) =>
            /mtime|attribute/.test(line),
          ),
          [],
        );
      });
    }
  });
});
