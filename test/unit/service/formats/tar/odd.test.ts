import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { OddArchive } from '../../../../corpus/archives/cases.js';
import { odd } from '../../../../corpus/odd.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { listing, MemorySource, unpack } from './unpacking.js';

function check(t: TestContext, { bytes, tree, summary }: OddArchive, step: number): void {
  // As anybody else, a tree with closed directories cannot be listed.
  if (/closed|blank/.test(t.name) && !needs(t, { root: true })) return;
  const place = temporaryDirectory(t);
  const source = new MemorySource(bytes, step);
  const found = unpack(source, place.file('image'));
  assert.deepEqual(listing(place.file('image')), tree);
  assert.ok(source.drained);
  assert.equal(found.bytes, bytes.length);
  for (const [key, value] of Object.entries(summary ?? {}))
    assert.equal(Object.entries(found).find(([k]) => k === key)?.[1], value, key);
}

describe('unusual archives', () => {
  for (const archive of odd) {
    test(archive.name, (t) => check(t, archive, 1 << 20));
    test(`${archive.name}, in pieces of 7 bytes`, (t) => check(t, archive, 7));
  }
});
