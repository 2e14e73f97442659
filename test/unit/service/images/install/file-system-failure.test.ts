import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { whyFull } from '../../../../../common/space.js';
import { SystemError } from '../../../../../linux/errno.js';
import { failInPlace, failOn, fileSystemFailure } from '../../../../../service/images/install/file-system-failure.js';
import {
  fileSystemCannot,
  fileSystemFull,
  fileSystemReadOnly,
  inputOutputError,
  inUse,
  nameTooLong,
  noSuchFile,
  quotaUsedUp,
  tooManyLinks,
  tooManyOpenFiles,
} from '../../../../support/texts/common.js';
import { completeButMayBeUndone, noRoomFor } from '../../../../support/texts/images.js';

const errno: Readonly<Record<string, number>> = constants.errno;

function failed(name: string): SystemError {
  return new SystemError('openat', errno[name] ?? 0, 'x');
}

const reasons: [name: string, reason: string][] = [
  ['EACCES', 'permission denied'],
  ['EBUSY', inUse],
  ['EEXIST', 'it exists already'],
  ['EIO', inputOutputError],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', tooManyLinks],
  ['EMFILE', tooManyOpenFiles],
  ['ENAMETOOLONG', nameTooLong],
  ['ENOENT', noSuchFile],
  ['ENOTDIR', 'not a directory'],
  ['ENOTEMPTY', 'the directory is not empty'],
  ['EOPNOTSUPP', fileSystemCannot],
  ['EPERM', 'operation not permitted'],
  ['EROFS', fileSystemReadOnly],
  ['EXDEV', 'it is on another file system'],
  ['EBADF', 'the system refused'],
];

test('what the file system refuses is said with the path, the reason and the call', () => {
  for (const [name, reason] of reasons) {
    const { kind, message, facts } = fileSystemFailure(failed(name), '/srv/\x1b') ?? {};
    assert.equal(message, `/srv/\\x1b: ${reason} (openat: ${name})`);
    assert.deepEqual([kind, facts], ['FileSystemError', { path: '/srv/\x1b', errorName: name }]);
  }
  assert.equal(fileSystemFailure(new Error('a bug'), '/srv'), undefined);
});

test('where no room is left it is said how many bytes are free, also of what is not there yet', () => {
  for (const [name, says] of [
    ['ENOSPC', 'The file system is full'],
    ['EDQUOT', 'The disk quota is used up'],
  ] as const) {
    const { message, facts } = fileSystemFailure(failed(name), '/proc/nothing/here') ?? {};
    assert.equal(message, `${says} (0 ${noRoomFor('/proc/nothing/here', 'Make room')}`);
    assert.deepEqual(facts, { available: 0 });
  }
});

test('what fails once the image has its name does not deny that', () => {
  const fails = (name: string) => () => {
    throw failed(name);
  };
  for (const [name, reason] of [
    ['EIO', `${inputOutputError} (openat: EIO)`],
    ['ENOSPC', `${fileSystemFull} (openat: ENOSPC)`],
    ['EDQUOT', `${quotaUsedUp} (openat: EDQUOT)`],
  ] as const) {
    const message = `/srv/a.raw ${completeButMayBeUndone}: ${reason}`;
    assert.throws(() => failInPlace('/srv/a.raw', fails(name)), { kind: 'FileSystemError', message });
  }
  assert.throws(() => failOn('/srv/a.raw', fails('EROFS')), {
    message: `/srv/a.raw: ${fileSystemReadOnly} (openat: EROFS)`,
  });
});

test('an attribute without a place is no full disk, and a disk without inodes is not called full', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'E2BIG', 'ERANGE'] as const) {
    const failure = fileSystemFailure(new SystemError('setxattr', constants.errno[code], 'user.x'), '/x');
    assert.equal(failure?.kind, 'FileSystemError');
    assert.equal(failure?.message, `/x: the file system has no place for the attribute (setxattr: ${code})`);
  }
  const outOfInodes = { totalInodes: 10, freeInodes: 0 };
  const isFull = { reason: fileSystemFull, advice: 'make room' };
  assert.deepEqual(whyFull('ENOSPC', outOfInodes), {
    reason: 'the file system has no free inodes',
    advice: 'remove files',
  });
  assert.deepEqual(whyFull('ENOSPC', { totalInodes: 10, freeInodes: 1 }), isFull);
  // btrfs has no number of inodes.
  assert.deepEqual(whyFull('ENOSPC', { totalInodes: 0, freeInodes: 0 }), isFull);
  assert.deepEqual(whyFull('EDQUOT', outOfInodes), { reason: quotaUsedUp, advice: 'make room' });
});
