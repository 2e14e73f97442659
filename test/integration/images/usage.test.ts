import assert from 'node:assert/strict';
import { linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatBytes } from '../../../common/sizes.js';
import { countUsage } from '../../../service/images/manage/usage.js';
import { testHost } from '../../support/images/image-root.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

function reclaimable(kind: string, bytes: number) {
  return { kind, count: 1, bytes, reclaimable: bytes };
}

test('images, downloads and leftovers are added up by kind, hard links once, and files that belong to others with them', async (t) => {
  await using directory = temporaryDirectory(t);
  const at = (name: string) => directory.file(name);
  const allocated = (...names: string[]) => names.reduce((sum, name) => sum + statSync(at(name)).blocks * 512, 0);
  mkdirSync(at('tree'));
  writeFileSync(at('tree/one'), 'x'.repeat(10_000));
  linkSync(at('tree/one'), at('tree/two'));
  for (const name of ['disk.raw', 'disk.verity', '.raw-http:x.raw', '.raw-http:x.roothash', '.#lock.lck', '.other'])
    writeFileSync(at(name), 'x'.repeat(5000));
  mkdirSync(at('.#ferry-x-0123456789abcdef'));
  const expected = [
    { kind: 'image', count: 2, bytes: allocated('tree', 'tree/one', 'disk.raw', 'disk.verity'), reclaimable: 0 },
    reclaimable('pristine', allocated('.raw-http:x.raw', '.raw-http:x.roothash')),
    reclaimable('temporary', allocated('.#ferry-x-0123456789abcdef')),
  ];
  const found = countUsage([directory.path, directory.path, at('nowhere'), at('disk.raw')], testHost(directory.path));
  assert.deepEqual(
    found.toSorted((one, other) => (one.kind < other.kind ? -1 : 1)),
    expected,
  );
});

test('how far the count has come adds up over all directories', async (t) => {
  await using directory = temporaryDirectory(t);
  const roots = ['one', 'other'].map((name) => directory.file(name));
  for (const root of roots) {
    mkdirSync(`${root}/tree/below`, { recursive: true });
    writeFileSync(`${root}/tree/below/file`, 'x'.repeat(5000));
    writeFileSync(`${root}/disk.raw`, 'x'.repeat(5000));
  }
  const counts: { files: number; allocated: number }[] = [];
  const [images] = countUsage(roots, testHost(directory.path), (count) => counts.push({ ...count }));
  assert.deepEqual(counts.at(-1), { files: 8, allocated: images?.bytes });
  const files = counts.map((count) => count.files);
  assert.deepEqual(
    files,
    files.toSorted((one, other) => one - other),
  );
});

test('df shows what clean removes at most', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  for (const name of ['a.raw', '.raw-http:x.raw']) writeFileSync(`${host.imageRoot}/${name}`, 'x'.repeat(5000));
  const bytes = statSync(`${host.imageRoot}/a.raw`).blocks * 512;
  const { status, stdout, stderr } = await host.ferryctl(['df', '--json=short']);
  assert.equal(status, 0, stderr);
  const sort = (one: { kind: string }, other: { kind: string }) => (one.kind < other.kind ? -1 : 1);
  assert.deepEqual(JSON.parse(stdout).sort(sort), [
    { class: 'machine', kind: 'image', count: 1, bytes, reclaimable: 0 },
    { class: 'machine', kind: 'pristine', count: 1, bytes, reclaimable: bytes },
  ]);
  const table = await host.ferryctl(['df']);
  const sums = `2 kinds listed, ${formatBytes(2 * bytes)}, reclaimable with clean: ${formatBytes(bytes)}.\n`;
  assert.match(table.stdout, /^CLASS +KIND +COUNT +SIZE +RECLAIMABLE\n/);
  assert.equal(table.stdout.slice(-sums.length), sums);
});
