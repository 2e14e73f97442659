import assert from 'node:assert/strict';
import { test } from 'node:test';
import { booleanSetting, readImageSettings } from '../../../common/environment.js';
import { Failure } from '../../../common/failure.js';
import { SystemError } from '../../../linux/errno.js';
import { failOn, fileSystemFailure } from '../../../service/images/install/file-system-failure.js';
import { fileSystemReadOnly } from '../../support/texts/common.js';

test('booleans in the spellings of systemd', () => {
  for (const word of ['1', 'yes', 'Y', 'true', 'T', 'ON'])
    assert.equal(booleanSetting({ X: word }, 'X', false), true, word);
  for (const word of ['0', 'no', 'N', 'false', 'F', 'Off'])
    assert.equal(booleanSetting({ X: word }, 'X', true), false, word);
  for (const word of [undefined, '', 'maybe', 'constructor'])
    for (const fallback of [true, false]) assert.equal(booleanSetting({ X: word }, 'X', fallback), fallback, word);
});

test('both are on unless turned off', () => {
  assert.deepEqual(readImageSettings({}), { synchronize: true, subvolumes: true, quota: false, locks: true });
  const environment = {
    SYSTEMD_IMPORT_SYNC: '0',
    SYSTEMD_IMPORT_BTRFS_SUBVOL: 'no',
    SYSTEMD_IMPORT_BTRFS_QUOTA: 'yes',
    SYSTEMD_NSPAWN_LOCK: 'off',
  };
  const expected = { synchronize: false, subvolumes: false, quota: true, locks: false };
  assert.deepEqual(readImageSettings(environment), expected);
});

test('errors of the file system become failures that name path, reason and call', () => {
  const failure = fileSystemFailure(new SystemError('renameat2', 30, 'x'), '/a\nb');
  assert.ok(failure);
  assert.equal(failure.kind, 'FileSystemError');
  assert.equal(failure.message, `/a\\nb: ${fileSystemReadOnly} (renameat2: EROFS)`);
  assert.deepEqual(failure.facts, { path: '/a\nb', errorName: 'EROFS' });
});

test('a full disk is said to be one', () => {
  for (const [errno, text] of [
    [28, /full/],
    [122, /quota/],
  ] as const) {
    const failure = fileSystemFailure(new SystemError('write', errno, ''), '/var/tmp/nowhere/at/all');
    assert.equal(failure?.kind, 'InsufficientSpace');
    assert.match(failure?.message ?? '', text);
    assert.ok(failure && 'available' in failure.facts && failure.facts.available > 0);
  }
});

test('bugs and failures pass as they are', () => {
  const bug = new TypeError('bug');
  const failure = new Failure('ImageBusy', 'busy', { name: 'x' });
  for (const error of [bug, failure])
    assert.throws(
      () =>
        failOn('/x', () => {
          throw error;
        }),
      (thrown) => thrown === error,
    );
  assert.equal(
    failOn('/x', () => 1),
    1,
  );
});
