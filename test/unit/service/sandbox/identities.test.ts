import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ownIdentity } from '../../../../service/sandbox/identities.js';
import { temporaryDirectory } from '../../../support/temporary.js';

test('that the notes about users cannot be kept is a failure that names where', (t) => {
  const path = temporaryDirectory(t).file('file');
  writeFileSync(path, '');
  assert.throws(() => ownIdentity(`${path}/users`), {
    kind: 'FileSystemError',
    message: new RegExp(`^${path}/users: .*\\((mkdir: )?(ENOTDIR|EEXIST)\\)$`),
  });
});
