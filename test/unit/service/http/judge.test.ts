import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Response } from 'node-fetch';
import { judgeResumed } from '../../../../service/http/judge.js';
import type { Position, Transferred } from '../../../../service/http/request.js';
import { like, re } from '../../../support/like.js';
import {
  cannotGoOnAtByte,
  serverHasBytes,
  serverSentRange,
  sizeChanged,
  validatorChanged,
} from '../../../support/texts/downloads.js';

/** Of a resource of 1000 bytes the first 100 are here. */
const position: Position = {
  received: 100,
  etag: '"one"',
  lastModified: undefined,
  validator: '"one"',
  total: 1000,
  url: 'http://h/x',
};

function judge(status: number, headers: Record<string, string>, changes: Partial<Position> = {}) {
  const response = new Response('', { status, headers });
  const state = { position: { ...position, ...changes }, request: {} } as Transferred;
  return judgeResumed({ response, url: new URL('http://h/x') }, state);
}

const rest = { 'content-range': 'bytes 100-999/1000', etag: '"one"' };

test('the rest of the same resource is gone on with', () => {
  for (const headers of [
    rest,
    { ...rest, 'content-range': 'bytes 100-999/*' },
    { 'content-range': 'bytes 100-999/1000' },
  ])
    assert.equal(judge(206, headers).kind, 'body');
});

/** What comes with status 206, and why it is not the rest. */
const parts: [headers: Record<string, string>, reason: string][] = [
  [{ ...rest, 'content-range': 'bytes 99-999/1000' }, serverSentRange('bytes 99-999/1000')],
  [{ ...rest, 'content-range': 'bytes 101-999/1000' }, serverSentRange('bytes 101-999/1000')],
  [{ etag: '"one"' }, serverSentRange('')],
  [{ ...rest, 'content-range': 'bytes 100-998/999' }, sizeChanged(1000, 999)],
  [{ ...rest, 'content-range': 'bytes 100-1000/1001' }, sizeChanged(1000, 1001)],
  [{ ...rest, etag: '"two"' }, `${validatorChanged('ETag', '"one"')} "two"`],
];

for (const [headers, reason] of parts)
  test(`a part is not taken for the rest: ${reason}`, () => {
    const message = `${cannotGoOnAtByte('http://h/x')} 100: ${reason}.`;
    assert.throws(() => judge(206, headers), { kind: 'DownloadFailed', message });
  });

test('of the whole, what is here is left out if it is the same, and else forgotten', () => {
  const whole = (headers: Record<string, string>) => {
    const verdict = judge(200, headers);
    assert.ok(verdict.kind === 'body');
    return [verdict.skip, verdict.restart];
  };
  assert.deepEqual(whole({ etag: '"one"', 'content-length': '1000' }), [100, false]);
  assert.deepEqual(whole({ etag: '"one"', 'content-length': '1001' }), [0, true]);
  assert.deepEqual(whole({ etag: '"two"', 'content-length': '1000' }), [0, true]);
  assert.deepEqual(whole({ 'content-length': '1000' }), [0, true]);
});

test('nothing is left to come only where the server has as much as is here', () => {
  const none = (available: number, changes: Partial<Position>) =>
    judge(416, { 'content-range': `bytes */${available}` }, changes).kind;
  assert.equal(none(1000, { received: 1000 }), 'whole');
  assert.equal(none(1000, { received: 1000, total: undefined }), 'whole');
  for (const available of [999, 1001]) {
    assert.throws(() => none(available, { received: 1000 }), like`${validatorChanged('size', 1000)}`);
    assert.throws(() => none(available, { received: 1000, total: undefined }), like`${serverHasBytes(re(/\d+/))}`);
  }
});
