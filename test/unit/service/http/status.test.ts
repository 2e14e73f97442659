import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused } from '../../../../service/http/status.js';
import {
  badGateway,
  cannotDownload,
  fileNotThere,
  gatewayTimeout,
  legalReasons,
  notAnAnswer,
  proxyAsksForCredentials,
  requestNotUnderstood,
  serverAsksForCredentials,
  serverAsksForPayment,
  serverFailed,
  serverForbids,
  serverOverloaded,
  serverRefuses,
  serverTiredOfWaiting,
  tooManyRequests,
} from '../../../support/texts/downloads.js';

const table: [status: number, advice: string][] = [
  [400, requestNotUnderstood],
  [401, serverAsksForCredentials],
  [402, serverAsksForPayment],
  [403, serverForbids],
  [404, fileNotThere],
  [407, proxyAsksForCredentials],
  [408, serverTiredOfWaiting],
  [410, 'the file is gone for good: check the URL'],
  [418, serverRefuses],
  [429, tooManyRequests],
  [451, legalReasons],
  [500, serverFailed],
  [502, badGateway],
  [503, serverOverloaded],
  [504, gatewayTimeout],
  [599, serverFailed],
  [304, notAnAnswer],
];

test('an answer that is not the resource is said with its status, what that means, and what to do', () => {
  for (const [status, advice] of table) {
    const { kind, message, facts } = refused('https://joe:secret@example.org/a.raw', status);
    assert.equal(message, `${cannotDownload('https://example.org/a.raw')} ${status}, ${advice}.`);
    assert.deepEqual([kind, facts], ['DownloadFailed', { url: 'https://example.org/a.raw', status }]);
  }
});
