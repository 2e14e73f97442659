import assert from 'node:assert/strict';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Failure } from '../../../../../service/failure.js';
import { damaged, escapes, type HostileArchive } from '../../../../corpus/hostile.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { MemorySource, unpack } from './unpacking.js';

/** A tree beside the image that nothing may touch. */
function sentinel(path: string): void {
  mkdirSync(join(path, 'target'), { recursive: true });
  for (const name of ['victim', 'target/victim']) {
    // As a list of users, it would name one.
    writeFileSync(join(path, name), 'untouched:x:7:7::/:/bin/sh\n', { mode: 0o600 });
    utimesSync(join(path, name), 1_111_111_111, 1_111_111_111);
  }
  linkSync(join(path, 'victim'), join(path, 'second-name'));
  chmodSync(join(path, 'target'), 0o711);
  for (const name of ['target', '.']) utimesSync(join(path, name), 1_111_111_111, 1_111_111_111);
}

/** All there is to know of a tree, with change times: whatever is done to a file shows. */
function snapshot(path: string): unknown[] {
  const paths = ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()];
  return paths.map((name) => {
    const stat = lstatSync(join(path, name), { bigint: true });
    const { mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = stat;
    const content = stat.isFile() ? readFileSync(join(path, name), 'latin1') : null;
    return { name, mode, uid, gid, nlink, size, mtimeNs, ctimeNs, content };
  });
}

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
