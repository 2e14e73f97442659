import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../../../support/temporary.js';

const program = fileURLToPath(new URL('../../../../service/processes/convert.js', import.meta.url));

test('a disk image that cannot be read while it is converted is a failure, and no mistake of the program', async (t) => {
  await using directory = temporaryDirectory(t);
  // What can be opened and not be read, as a disk with a fault.
  const source = openSync(directory.path, 'r');
  const target = openSync(directory.file('target'), 'w+');
  try {
    const { output } = spawnSync(process.execPath, [program, '1000000'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ignore', source, target],
      encoding: 'utf8',
      env: { FERRY_PARENT_PID: String(process.pid) },
    });
    assert.deepEqual(JSON.parse(output[3] ?? ''), {
      type: 'failure',
      kind: 'FileSystemError',
      message: 'The disk image: it is a directory (read: EISDIR)',
      facts: { path: 'The disk image', errorName: 'EISDIR' },
    });
  } finally {
    closeSync(source);
    closeSync(target);
  }
});
