import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Digests } from '../../../../../service/processes/fetch/digests.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const { signal } = new AbortController();

async function add(path: string, length: number): Promise<Digests> {
  const descriptor = openSync(path, 'r');
  try {
    const digests = new Digests([]);
    await digests.addFile(descriptor, length, signal);
    return digests;
  } finally {
    closeSync(descriptor);
  }
}

test('a beginning of a download that is shorter than it was is a failure, and no mistake of the program', async (t) => {
  const path = temporaryDirectory(t).file('partial');
  writeFileSync(path, 'four');
  assert.equal((await add(path, 4)).bytes, 4);
  await assert.rejects(add(path, 5), {
    kind: 'Corrupt',
    message:
      'The beginning of the download that an earlier pull has left became shorter: 4 of 5 bytes are there; pull again',
  });
});

test('so is one that cannot be read', async (t) => {
  await assert.rejects(add(temporaryDirectory(t).path, 5), {
    kind: 'FileSystemError',
    message: 'The beginning of the download that an earlier pull has left: it is a directory (read: EISDIR)',
  });
});
