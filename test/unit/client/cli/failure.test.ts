import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { reasonOf, writeReasonOf } from '../../../../client/cli/failure.js';
import { attempt } from '../../../../client/connect/describe.js';
import { ConnectionClosed, ProtocolError, VarlinkError } from '../../../../varlink/error.js';

function failed(code: string): Error {
  return Object.assign(new Error(`${code}: of some call`), { code });
}

const reasons: [code: string, reason: string][] = [
  ['EACCES', 'permission denied'],
  ['ECONNREFUSED', 'nobody listens there'],
  ['EIO', 'the disk reports an input/output error'],
  ['EEXIST', 'it exists already'],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', 'there are too many symbolic links, or one where none may be'],
  ['EMFILE', 'too many open files'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ENOENT', 'no such file or directory'],
  ['ENOSPC', 'the file system is full'],
  ['ENOTDIR', 'not a directory'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['EBADMSG', 'EBADMSG: of some call'],
];

test('what a system call found is said in words', () => {
  for (const [code, reason] of reasons) assert.equal(reasonOf(failed(code)), reason);
  const quota = Object.assign(new Error('Unknown system error -122'), { errno: -constants.errno.EDQUOT });
  assert.equal(reasonOf(quota), 'the disk quota is used up');
});

test('of a full disk it is said how many bytes are free', () => {
  assert.match(writeReasonOf(failed('ENOSPC'), '/'), /^the file system is full \(\d+ bytes available\)$/);
  assert.equal(writeReasonOf(failed('ENOSPC'), '/nonexistent'), 'the file system is full');
  assert.equal(writeReasonOf(failed('EIO'), '/'), 'the disk reports an input/output error');
});

const standard = 'org.varlink.service';
const calls: [thrown: Error, says: string][] = [
  [new ConnectionClosed(), 'the service closed the connection before it answered; see its log.'],
  [new ProtocolError('a message is no object'), 'the service broke the protocol: a message is no object.'],
  [new VarlinkError('io.ferry.Image.NoSuchImage', { message: 'There is none' }), 'There is none.'],
  [new VarlinkError(`${standard}.PermissionDenied`), 'permission denied; become root, or let polkit allow it.'],
  [
    new VarlinkError(`${standard}.InteractiveAuthenticationRequired`),
    'authentication is needed; become root, or run it without --no-ask-password.',
  ],
  [
    new VarlinkError('io.systemd.InteractiveAuthenticationRequired'),
    'authentication is needed; become root, or run it without --no-ask-password.',
  ],
  [
    new VarlinkError(`${standard}.InvalidParameter`, { parameter: 'name' }),
    "the service does not accept the parameter 'name'.",
  ],
  [
    new VarlinkError(`${standard}.MethodNotFound`, { method: 'io.ferry.Image.List' }),
    'the service does not offer io.ferry.Image.List; it may be of another version.',
  ],
  [
    new VarlinkError(`${standard}.InterfaceNotFound`, { interface: 'io.ferry.Image' }),
    'the service does not offer io.ferry.Image; it may be of another version.',
  ],
  [new VarlinkError('io.systemd.System', { errnoName: 'EBADF' }), 'the service met an unexpected EBADF; see its log.'],
  [new VarlinkError('org.example.Odd'), 'the service answered org.example.Odd.'],
];

test('what came of a call is said in one line', async () => {
  for (const [thrown, says] of calls) {
    const call = () => Promise.reject(thrown);
    await assert.rejects(attempt('look at the image', call), {
      name: 'UserError',
      message: `Failed to look at the image: ${says}`,
    });
  }
});

test('what is no failure of a call stays what it is', async () => {
  const bug = new TypeError('a bug');
  await assert.rejects(
    attempt('look at the image', () => Promise.reject(bug)),
    (error) => error === bug,
  );
});
