import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { run, shell } from '../../../../support/command.js';
import { type CompareOptions, compareTrees } from '../../../../support/images/compare-trees.js';
import { debianArchives, debianTree } from '../../../../support/images/fixtures.js';
import { needs } from '../../../../support/needs.js';
import { projectFile } from '../../../../support/project.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../support/temporary.js';
import { unpackFile } from './unpacking.js';

const needed = { root: true, programs: ['tar', 'setfacl', 'setfattr', 'setcap'] };
const everything = ['--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner'];

interface Packing {
  name: string;
  parameters: readonly string[];
  /** How to compare: without what this form of tar cannot express. */
  compare?: CompareOptions;
  /** What must be left out when packing, in `tar --exclude` patterns. */
  excluded?: readonly string[];
}

/** Names and owners that do not fit; tar would fail or leave them out. */
const beyondUstar = [
  'deep-directory-*',
  'l'.repeat(150),
  'n'.repeat(255),
  '*-4000000000:3000000000',
  'large-device',
  'huge-sparse',
  'file',
  'linked-elsewhere',
];
const oldFormat: CompareOptions = { wholeSeconds: true, ignoreAttribute: () => true };

const packings: readonly Packing[] = [
  { name: 'posix', parameters: ['--format=posix', ...everything], excluded: ['huge-sparse'] },
  ...['0.0', '0.1', '1.0'].map((version) => ({
    name: `posix, sparse ${version}`,
    parameters: ['--format=posix', '--sparse', `--sparse-version=${version}`, ...everything],
    compare: { holes: true },
  })),
  { name: 'gnu', parameters: ['--format=gnu', '--numeric-owner'], compare: oldFormat, excluded: ['huge-sparse'] },
  {
    name: 'gnu, sparse',
    parameters: ['--format=gnu', '--numeric-owner', '--sparse'],
    compare: { ...oldFormat, holes: true },
  },
  {
    name: 'oldgnu, sparse',
    parameters: ['--format=oldgnu', '--numeric-owner', '--sparse'],
    compare: { ...oldFormat, holes: true },
  },
  {
    name: 'ustar',
    parameters: ['--format=ustar', '--numeric-owner'],
    compare: oldFormat,
    excluded: [...beyondUstar, '0*0'],
  },
  {
    name: 'v7',
    parameters: ['--format=v7', '--numeric-owner'],
    compare: oldFormat,
    excluded: [...beyondUstar, 'fifo', 'character', 'block', '0*0'],
  },
  {
    name: 'posix, directories after their contents',
    parameters: ['--format=posix', '--no-recursion', ...everything],
    excluded: ['huge-sparse'],
  },
];

function source(t: TestContext): TemporaryDirectory {
  const place = temporaryDirectory(t);
  mkdirSync(place.file('source'));
  shell(`bash "$1" "$2"`, [projectFile('test/corpus/complete-tree.sh'), place.file('source')]);
  return place;
}

/** GNU tar takes a device with two names for two. */
const neverPacked = ['character-again'];

function pack(place: TemporaryDirectory, { parameters, excluded = [] }: Packing): string {
  const archive = place.file('archive.tar');
  const exclude = [...neverPacked, ...excluded].map((pattern) => `--exclude=./${pattern}`);
  const names = place.file('names');
  const list = parameters.includes('--no-recursion');
  if (list) shell('cd "$1" && find . -depth -print0 >"$2"', [place.file('source'), names]);
  const input = list ? ['--null', `--files-from=${names}`] : ['.'];
  const source = place.file('source');
  run('tar', ['--create', `--file=${archive}`, `--directory=${source}`, ...parameters, ...exclude, ...input]);
  return archive;
}

function excludedPath(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}(/|$)`));
  return (path) => expressions.some((expression) => expression.test(path));
}

describe('everything that GNU tar packs comes out as it was', () => {
  for (const packing of packings) {
    test(packing.name, (t) => {
      if (!needs(t, needed)) return;
      const place = source(t);
      const archive = pack(place, packing);
      const summary = unpackFile(archive, place.file('image'));
      const options = { ...packing.compare, ignorePath: excludedPath([...neverPacked, ...(packing.excluded ?? [])]) };
      assert.deepEqual(compareTrees(place.file('source'), place.file('image'), options), []);
      assert.deepEqual(summary.losses, { entries: 0, kinds: [] });
      assert.equal(summary.unknownEntries, 0);
      mkdirSync(place.file('gnu'));
      run('tar', [
        '--extract',
        '--preserve-permissions',
        ...everything,
        `--file=${archive}`,
        `--directory=${place.file('gnu')}`,
      ]);
      assert.deepEqual(compareTrees(place.file('gnu'), place.file('image'), { holes: true }), []);
    });
  }

  test('a Debian tree', (t) => {
    const [tree, archives] = [debianTree(t), debianArchives(t)];
    if (tree === undefined || archives === undefined) return;
    const place = temporaryDirectory(t);
    const summary = unpackFile(archives['debian.tar'], place.file('image'));
    assert.deepEqual(compareTrees(tree, place.file('image'), { holes: true }), []);
    assert.ok(summary.entries > 5000);
  });
});
