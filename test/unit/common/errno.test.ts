import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { reasonOf } from '../../../client/cli/failure.js';
import { errnoWords } from '../../../common/errno.js';
import { SystemError } from '../../../linux/errno.js';
import { fileSystemFailure } from '../../../service/images/install/file-system-failure.js';
import { notAvailableForNow, quotaUsedUp } from '../../support/texts/common.js';

test('client and service say the same of what a system call found', () => {
  for (const [name, errno] of Object.entries(constants.errno)) {
    const words = errnoWords(name);
    if (words === undefined || name === 'ENOSPC' || name === 'EDQUOT') continue;
    const error = new SystemError('openat', errno, 'x');
    assert.equal(reasonOf(error), errnoWords(error.code));
    assert.equal(fileSystemFailure(error, '/a')?.message, `/a: ${errnoWords(error.code)} (openat: ${error.code})`);
  }
});

test('what is not an error of a system call has no words', () => {
  assert.equal(errnoWords(new Error('ENOENT')), undefined);
  assert.equal(errnoWords('EBADMSG'), undefined);
  assert.equal(errnoWords(Object.assign(new Error(''), { errno: -constants.errno.EDQUOT })), quotaUsedUp);
});

test('what keeps a process from being started is told in words', () => {
  assert.equal(errnoWords('EAGAIN'), notAvailableForNow);
});
