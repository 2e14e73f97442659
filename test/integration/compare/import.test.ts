import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, shell } from '../../support/command.js';
import type { CompareOptions } from '../../support/images/compare-trees.js';
import { compress, compressors, diskForms, makeDisk, makeTree, packWithTar } from '../../support/images/sources.js';
import { type Contest, onEachContest } from '../../support/peer/contest.js';

/*
 * What Ferry makes of a source is what systemd's own helpers make of it. Every exception is a difference that
 * docs/differences.md gives the reason for; it is named where it is made.
 */

test('import-tar', async (t) => {
  await onEachContest(t, async (t, contest) => {
    const archive = packWithTar(makeTree(contest.file('tree')), contest.file('small.tar'));
    for (const suffix of Object.keys(compressors)) {
      await t.test(`.tar${suffix}`, async () => {
        contest.clear();
        await contest.both('import', 'tar', [compress(archive, suffix), 'image']);
        assert.deepEqual(contest.differences({ holes: true }), []);
      });
    }
    await t.test('--read-only', async () => {
      contest.clear();
      await contest.both('import', 'tar', [archive, 'image'], ['--read-only']);
      assert.deepEqual(contest.differences(), []);
    });
    await t.test('--class=portable, --force', async () => {
      contest.clear();
      for (const _ of [1, 2]) await contest.both('import', 'tar', [archive, 'image'], ['--class=portable', '--force']);
      assert.deepEqual(contest.differences(), []);
    });
  });
});

const topDirectories: [what: string, script: string][] = [
  ['an OS tree', 'mkdir -p top/etc && echo ID=x >top/etc/os-release && chmod 710 top && chown 5:6 top'],
  ['no OS tree', 'mkdir -p top/bin'],
  ['an OS tree beside a hidden file', 'mkdir -p top/etc && echo ID=x >top/etc/os-release && touch .hidden'],
  [
    'an OS tree by an absolute link',
    'mkdir -p top/{etc,usr/lib} && echo ID=x >top/usr/lib/release && ln -s /usr/lib/release top/etc/os-release',
  ],
  ['a link that leads out', 'mkdir -p top/etc && ln -s /bin/sh top/etc/os-release'],
  ['an OS tree two levels down', 'mkdir -p a/b/etc && echo ID=x >a/b/etc/os-release'],
];

test('a single top directory is hoisted in the same cases', async (t) => {
  await onEachContest(
    t,
    async (t, contest) => {
      for (const [index, [what, script]] of topDirectories.entries()) {
        const tree = contest.file(`tree${index}`);
        shell('mkdir "$1" && cd "$1" && eval "$2"; find . -exec touch -h -d @1000000000 {} +', [tree, script]);
        for (const [verb, form] of [
          ['import', 'tar'],
          ['import-fs', 'run'],
        ] as const) {
          await t.test(`${verb} of ${what}`, async () => {
            contest.clear();
            const source = form === 'run' ? tree : packWithTar(tree, contest.file(`${index}.tar`));
            await contest.both(verb, form, [source, 'image']);
            assert.deepEqual(contest.differences().filter(form === 'run' ? isNoTimeOfRoot : Boolean), []);
          });
        }
      }
    },
    ['ext4'],
  );
});

/** An import says nothing about when an image was made: only a download does (differences.md: forged origins). */
const noForgedOrigin: CompareOptions = { ignoreAttribute: (name) => name === 'user.crtime_usec' };

test('import-raw', async (t) => {
  await onEachContest(t, async (t, contest) => {
    const disk = makeDisk(contest.file('disk'));
    run('setfattr', ['-n', 'user.note', '-v', 'words', disk]);
    // systemd-import refuses qcow2 images that do not end with a whole cluster (differences.md).
    const whole = contest.file('whole');
    shell('cp --sparse=always "$1" "$2"; truncate -s %64K "$2"', [disk, whole]);
    for (const form of diskForms) {
      await t.test(form.suffix, async () => {
        contest.clear();
        const path = contest.file(`small${form.suffix}`);
        form.make(path.endsWith('qcow2') ? whole : disk, path);
        run('setfattr', ['-n', 'user.note', '-v', 'words', path]);
        run('touch', ['-d', '2023-03-04 05:06:07.123456789 UTC', path]);
        // systemd-import refuses what qemu-img makes with zstd.
        if (form.suffix.startsWith('.zstd')) return;
        await contest.both('import', 'raw', [path, 'image']);
        assert.deepEqual(contest.differences(noForgedOrigin), []);
      });
    }
    await t.test('--read-only', async () => {
      contest.clear();
      await contest.both('import', 'raw', [disk, 'image'], ['--read-only']);
      assert.deepEqual(contest.differences(noForgedOrigin), []);
    });
  });
});

test('import-fs', async (t) => {
  await onEachContest(t, async (t, contest) => {
    const tree = makeTree(contest.file('tree'));
    await t.test('a directory', () => importTree(contest, tree));
    await t.test('--read-only', () => importTree(contest, tree, '--read-only'));
    await t.test('a subvolume', async () => {
      if (contest.type !== 'btrfs') return;
      run('btrfs', ['subvolume', 'create', contest.file('subvolume')]);
      await importTree(contest, makeTree(contest.file('subvolume')));
    });
  });
});

/** The time of the root of a copy: systemd's is that of the import, Ferry's that of the source (differences.md). */
function isNoTimeOfRoot(difference: string): boolean {
  return !difference.startsWith('image: mtime');
}

async function importTree(contest: Contest, tree: string, ...options: string[]): Promise<void> {
  contest.clear();
  await contest.both('import-fs', 'run', [tree, 'image'], options);
  assert.deepEqual(contest.differences().filter(isNoTimeOfRoot), []);
}
