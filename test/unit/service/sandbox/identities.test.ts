import assert from 'node:assert/strict';
import fs, { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { type OwnIdentity, ownIdentity, sharedIdentity } from '../../../../service/sandbox/identities.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { inputOutputError } from '../../../support/texts/common.js';

test('that the notes about users cannot be kept is a failure that names where', (t) => {
  const path = temporaryDirectory(t).file('file');
  writeFileSync(path, '');
  assert.throws(() => ownIdentity(`${path}/users`), {
    kind: 'FileSystemError',
    message: new RegExp(`^${path}/users: .*\\((mkdir: )?(ENOTDIR|EEXIST)\\)$`),
  });
});

test('that all users are in use is a failure that says what to do', (t) => {
  const directory = temporaryDirectory(t);
  const taken: OwnIdentity[] = [];
  const takeAll = () => {
    for (let count = 0; count < 1000; count += 1) taken.push(ownIdentity(directory.path));
  };
  try {
    assert.throws(takeAll, {
      kind: 'WorkerFailed',
      facts: { process: 'service' },
      message:
        'Cannot give a process a user of its own: all from 60706 to 61183 are in use; wait for other transfers to end and try again',
    });
  } finally {
    for (const one of taken) one[Symbol.dispose]();
  }
});

/** Does something while /etc/passwd cannot be read. */
function withoutPasswords(code: string, action: () => void): void {
  const read = fs.readFileSync;
  const fail = (): never => {
    throw Object.assign(new Error(`${code}: open '/etc/passwd'`), { code, syscall: 'open' });
  };
  fs.readFileSync = fail as unknown as typeof read;
  syncBuiltinESMExports();
  try {
    action();
  } finally {
    fs.readFileSync = read;
    syncBuiltinESMExports();
  }
}

test('a host without /etc/passwd has users all the same', (t) => {
  const directory = temporaryDirectory(t);
  withoutPasswords('ENOENT', () => {
    assert.deepEqual(sharedIdentity(), { user: 65534, group: 65534 });
    using own = ownIdentity(directory.path);
    assert.equal(own.group, 65534);
  });
});

test('that /etc/passwd cannot be read is a failure that names it', () => {
  withoutPasswords('EIO', () => {
    assert.throws(sharedIdentity, {
      kind: 'FileSystemError',
      message: `/etc/passwd: ${inputOutputError} (open: EIO)`,
    });
  });
});
