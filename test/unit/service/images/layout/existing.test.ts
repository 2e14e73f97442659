import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { ensureAbsent } from '../../../../../service/images/layout/existing.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { tooManyLinks } from '../../../../support/texts/common.js';

test('that nobody can tell whether an image exists is a failure that names the path', (t) => {
  const directory = temporaryDirectory(t);
  const root = directory.file('loop');
  symlinkSync('loop', root);
  assert.throws(() => ensureAbsent(root, 'x', 'machine', imageHost('user', {})), {
    kind: 'FileSystemError',
    message: `${root}/x: ${tooManyLinks} (lstat: ELOOP)`,
  });
});
