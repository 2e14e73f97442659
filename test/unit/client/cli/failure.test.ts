import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { reasonOf, writeReasonOf } from '../../../../client/cli/failure.js';
import { attempt } from '../../../../client/connect/describe.js';
import { ConnectionClosed, ProtocolError, VarlinkError } from '../../../../varlink/error.js';
import { like } from '../../../support/like.js';
import {
  notOffered,
  parameterNotAccepted,
  permissionDenied,
  serviceBrokeProtocol,
  serviceMetUnexpected,
} from '../../../support/texts/client.js';
import {
  fileSystemFull,
  fileSystemReadOnly,
  inputOutputError,
  nameTooLong,
  noSuchFile,
  quotaUsedUp,
  tooManyLinks,
  tooManyOpenFiles,
} from '../../../support/texts/common.js';

function failed(code: string): Error {
  return Object.assign(new Error(`${code}: of some call`), { code });
}

const reasons: [code: string, reason: string][] = [
  ['EACCES', 'permission denied'],
  ['ECONNREFUSED', 'nobody listens there'],
  ['EIO', inputOutputError],
  ['EEXIST', 'it exists already'],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', tooManyLinks],
  ['EMFILE', tooManyOpenFiles],
  ['ENAMETOOLONG', nameTooLong],
  ['ENOENT', noSuchFile],
  ['ENOSPC', fileSystemFull],
  ['ENOTDIR', 'not a directory'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', fileSystemReadOnly],
  ['EBADMSG', 'EBADMSG: of some call'],
];

test('what a system call found is said in words', () => {
  for (const [code, reason] of reasons) assert.equal(reasonOf(failed(code)), reason);
  const quota = Object.assign(new Error('Unknown system error -122'), { errno: -constants.errno.EDQUOT });
  assert.equal(reasonOf(quota), quotaUsedUp);
});

test('of a full disk it is said how many bytes are free', () => {
  assert.match(writeReasonOf(failed('ENOSPC'), '/'), like`^${fileSystemFull} \(\d+ bytes available\)$`);
  assert.equal(writeReasonOf(failed('ENOSPC'), '/nonexistent'), fileSystemFull);
  assert.equal(writeReasonOf(failed('EIO'), '/'), inputOutputError);
});

const standard = 'org.varlink.service';
const calls: [thrown: Error, says: string][] = [
  [new ConnectionClosed(), 'the service closed the connection before it answered; see its log.'],
  [new ProtocolError('a message is no object'), `${serviceBrokeProtocol}: a message is no object.`],
  [new VarlinkError('io.ferry.Image.NoSuchImage', { message: 'There is none' }), 'There is none.'],
  [new VarlinkError(`${standard}.PermissionDenied`), permissionDenied],
  [
    new VarlinkError(`${standard}.InteractiveAuthenticationRequired`),
    'authentication is needed; become root, or run it without --no-ask-password.',
  ],
  [
    new VarlinkError('io.systemd.InteractiveAuthenticationRequired'),
    'authentication is needed; become root, or run it without --no-ask-password.',
  ],
  [new VarlinkError(`${standard}.InvalidParameter`, { parameter: 'name' }), `${parameterNotAccepted} 'name'.`],
  [
    new VarlinkError(`${standard}.MethodNotFound`, { method: 'io.ferry.Image.List' }),
    notOffered('io.ferry.Image.List'),
  ],
  [new VarlinkError(`${standard}.InterfaceNotFound`, { interface: 'io.ferry.Image' }), notOffered('io.ferry.Image')],
  [new VarlinkError('io.systemd.System', { errnoName: 'EBADF' }), serviceMetUnexpected('EBADF')],
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
