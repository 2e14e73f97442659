import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { test } from 'node:test';
import { SystemError } from '../../../../../../linux/errno.js';
import { refusal } from '../../../../../../service/formats/tar/unpack/refusal.js';
import {
  fileSystemCannot,
  fileSystemReadOnly,
  inputOutputError,
  nameTooLong,
} from '../../../../../support/texts/common.js';
import { attributeTooLarge, noSpaceFor, rootOfImage } from '../../../../../support/texts/formats.js';

const errno: Readonly<Record<string, number>> = constants.errno;

const advice: [syscall: string, name: string, advice: string][] = [
  ['openat', 'EROFS', `, ${fileSystemReadOnly}`],
  ['mknodat', 'EPERM', ', operation not permitted'],
  ['openat', 'EACCES', ', permission denied'],
  ['fsetxattr', 'EOPNOTSUPP', `, ${fileSystemCannot}`],
  ['openat', 'ENAMETOOLONG', `, ${nameTooLong}`],
  ['write', 'EIO', `, ${inputOutputError}`],
  ['ftruncate', 'EFBIG', ', the file is too large for the file system'],
  ['linkat', 'EMLINK', ', the file system allows no more hard links to one file'],
  ['openat', 'EILSEQ', ', the file system refuses the bytes of the name'],
  ['setxattr', 'EINVAL', ', the kernel takes no such attribute'],
  ['setxattr', 'E2BIG', `, ${attributeTooLarge}`],
  ['openat', 'EINVAL', ''],
];

test('what cannot be written is said with its path in the image, the call and the reason', () => {
  for (const [syscall, name, why] of advice) {
    const told = refusal(new SystemError(syscall, errno[name] ?? 0, 'x'), 'usr/\x1b', -1);
    assert.equal((told as Error).message, `Cannot write 'usr/\\x1b': ${syscall} failed with ${name}${why}`);
  }
  const reading = refusal(new SystemError('read', errno['EIO'] ?? 0, 'x'), '', -1, 'read');
  assert.equal((reading as Error).message, `Cannot read ${rootOfImage}: read failed with EIO, ${inputOutputError}`);
});

test('where no room is left it is said for what, and how many bytes are free', (t) => {
  const root = openSync('/proc', 'r');
  t.after(() => closeSync(root));
  for (const [name, says] of [
    ['ENOSPC', 'The file system is full'],
    ['EDQUOT', 'The disk quota is used up'],
  ] as const) {
    const told = refusal(new SystemError('write', errno[name] ?? 0, 'x'), 'usr/bin', root);
    assert.equal((told as Error).message, `${says}: ${noSpaceFor("'usr/bin'", 0)}`);
  }
});

test('mistakes of the program stay what they are', () => {
  const bug = new TypeError('a bug');
  assert.equal(refusal(bug, 'usr', -1), bug);
});
