import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptDownload } from '../../../../../service/images/prune/downloads.js';
import { chooseDownloads, type PruneRules } from '../../../../../service/images/prune/rules.js';

const nowMs = 1_000_000;
const now = nowMs * 1000;

function download(original: string, source: string, age: number | undefined): KeptDownload {
  const placed = age === undefined ? undefined : now - age;
  return { original, companions: [], source, placed, url: undefined, sha256: undefined };
}

const downloads = [
  download('a1', 'a', 10),
  download('a2', 'a', 30),
  download('a3', 'a', 20),
  download('b1', 'b', 40),
  download('c1', 'c', undefined),
];

const cases: [rules: PruneRules, chosen: string[]][] = [
  [{}, ['a1', 'a2', 'a3', 'b1', 'c1']],
  [{ olderThan: 20 }, ['a2', 'a3', 'b1']],
  [{ olderThan: 0 }, ['a1', 'a2', 'a3', 'b1']],
  [{ keep: 1 }, ['a2', 'a3']],
  [{ keep: 2 }, ['a2']],
  [{ keep: 3 }, []],
  [{ keep: 1, olderThan: 25 }, ['a2']],
  [{ keep: 1, olderThan: 35 }, []],
];

for (const [rules, chosen] of cases) {
  test(`of the pristine downloads ${JSON.stringify(rules)} lets go ${chosen.join(', ') || 'none'}`, () => {
    assert.deepEqual(
      chooseDownloads(downloads, rules, { root: '/images', nowMs }).map(({ original }) => original),
      chosen,
    );
  });
}

test('downloads of one moment are counted in the order of their names, by every caller alike', () => {
  const equal = ['x3', 'x1', 'x2'].map((name) => download(name, 'x', 5));
  const chosen = chooseDownloads(equal, { keep: 1 }, { root: '/images', nowMs });
  assert.deepEqual(chosen.map(({ original }) => original).sort(), ['x2', 'x3']);
});

test('what a pull under way may copy stays, whatever the rules say', () => {
  const names = ['.raw-https:\\x2f\\x2fh\\x2fx.\\x221\\x22.raw', '.tar-https:\\x2f\\x2fh\\x2fy'];
  const both = names.map((name) => download(name, name, 5));
  const chosen = (pulled: string[]) =>
    chooseDownloads(both, { pulled }, { root: '/images', nowMs }).map(({ original }) => original);
  assert.deepEqual(chosen([]), names);
  assert.deepEqual(chosen(['https://h/x']), [names[1]]);
  assert.deepEqual(chosen(['https://h/y', 'https://h/z']), [names[0]]);
});
