import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import type { HostileArchive } from '../../../../corpus/archives/cases.js';
import { damaged, escapes } from '../../../../corpus/hostile.js';
import { sentinel, snapshot } from '../../../../corpus/sentinel.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { MemorySource, unpack } from './unpacking.js';

function outcome(bytes: Buffer, image: string, step: number): unknown {
  try {
    // Owners in the corpus are the caller's, so that it works for everybody.
    unpack(new MemorySource(bytes, step), image);
    return null;
  } catch (error) {
    return error;
  }
}

function check(t: TestContext, { bytes, failure }: HostileArchive, step: number): void {
  const place = temporaryDirectory(t);
  const outside = place.file('outside');
  sentinel(outside);
  const [before, around] = [snapshot(outside), readdirSync(place.path)];
  const error = outcome(bytes(outside), place.file('image'), step);
  assert.deepEqual(snapshot(outside), before);
  assert.deepEqual(readdirSync(place.path), [...around, 'image'].sort());
  if (failure === null) {
    assert.equal(error, null);
    return;
  }
  assert.ok(error instanceof Failure, `no failure but ${String(error)}`);
  assert.equal(error.kind, failure.kind, error.message);
  assert.match(error.message, failure.says);
  assert.doesNotMatch(error.message, /[\x00-\x1f]/);
}

describe('archives that try to get out', () => {
  for (const hostile of escapes) test(hostile.name, (t) => check(t, hostile, 1 << 20));
});

describe('damaged archives', () => {
  for (const hostile of damaged) {
    test(hostile.name, (t) => check(t, hostile, 1 << 20));
    test(`${hostile.name}, in pieces of 100 bytes`, (t) => check(t, hostile, 100));
  }
});
