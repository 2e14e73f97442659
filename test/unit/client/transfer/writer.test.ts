import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { seteuid } from 'node:process';
import { test } from 'node:test';
import { writerTo } from '../../../../client/transfer/writer.js';
import { pipe } from '../../../../linux/process.js';
import { run } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const nobodyReads = { name: 'UserError', message: "Cannot write 'pipe': nobody reads from it any more." };

test('a named pipe whose reader has gone before the first byte is told in words', (t) => {
  const path = temporaryDirectory(t).file('pipe');
  run('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, 'w');
  closeSync(reader);
  try {
    assert.throws(() => writerTo({ descriptor: fd, path: "'pipe'", isNew: false }), nobodyReads);
  } finally {
    closeSync(fd);
  }
});

test('a pipe whose reader goes later is told in the same words', async () => {
  const { readEnd, writeEnd } = pipe();
  try {
    await using writer = writerTo({ descriptor: writeEnd, path: "'pipe'", isNew: false });
    closeSync(readEnd);
    await assert.rejects(writer.write(Buffer.from('x')), nobodyReads);
  } finally {
    closeSync(writeEnd);
  }
});

test('a pipe that another user has made is written to', async (t) => {
  if (!needs(t, { root: true })) return;
  const { readEnd, writeEnd } = pipe();
  seteuid?.(23456);
  try {
    // It closes the pipe, which cannot be opened anew.
    await using writer = writerTo({ descriptor: writeEnd, path: "'pipe'", isNew: false });
    await writer.write(Buffer.from('x'));
    const bytes = Buffer.alloc(2);
    assert.equal(readSync(readEnd, bytes), 1);
  } finally {
    seteuid?.(0);
    closeSync(readEnd);
  }
});
