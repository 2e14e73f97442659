import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused } from '../../../../service/http/status.js';

const table: [status: number, advice: string][] = [
  [400, 'the server did not understand the request'],
  [
    401,
    'the server asks for credentials: put them into netrc or give a credential (they are not sent after a redirect to another host)',
  ],
  [402, 'the server asks for payment'],
  [403, 'the server does not let us have it: check the URL and the credentials'],
  [404, 'there is no such file: check the URL'],
  [407, 'the proxy asks for credentials: put them into the URL of the proxy variable'],
  [408, 'the server was tired of waiting: try again'],
  [410, 'the file is gone for good: check the URL'],
  [418, 'the server refuses the request'],
  [429, 'the server has had too many requests from here: try again later'],
  [451, 'the server may not give it out, for legal reasons'],
  [500, 'the server failed: try again later'],
  [502, 'a gateway got no good answer from the server behind it: try again later'],
  [503, 'the server is overloaded or being worked on: try again later'],
  [504, 'a gateway got no answer from the server behind it: try again later'],
  [599, 'the server failed: try again later'],
  [304, 'which is not an answer to this request'],
];

test('an answer that is not the resource is said with its status, what that means, and what to do', () => {
  for (const [status, advice] of table) {
    const { kind, message, facts } = refused('https://joe:secret@example.org/a.raw', status);
    assert.equal(message, `Cannot download https://example.org/a.raw: HTTP status ${status}, ${advice}.`);
    assert.deepEqual([kind, facts], ['DownloadFailed', { url: 'https://example.org/a.raw', status }]);
  }
});
