import { mkdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { WorkerName } from '../../../../../service/sandbox/sandbox.js';
import { runPull } from '../../../../../service/transfers/kinds/pull.js';
import type { PullRequest } from '../../../../../service/transfers/kinds/pull-request.js';
import { Transfer } from '../../../../../service/transfers/transfer.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { fakeHost } from '../fake-workers.js';
import { someSubject } from '../samples.js';

export const record = { sha256: 'ab'.repeat(32), sha512: null, bytes: 99, verification: 'checksum', signedBy: null };
export const fetched = (changes: object = {}) => {
  const outcome = {
    cachedPath: null,
    etag: null,
    lastModified: null,
    sentBytes: 10,
    encodedBytes: 0,
    record,
    sidecars: [],
    ...changes,
  };
  return `tell(${JSON.stringify({ type: 'fetched', outcome })});`;
};
export const received = (bytes: number, decodedBytes = 0) =>
  `tell({ type: 'received', bytes: ${bytes}, decodedBytes: ${decodedBytes} });`;
/** Writes down what the daemon says after the order. */
export const waitsForCommit = `writeFileSync(order.image.imageRoot + '/commit', JSON.stringify(hear()));`;
export const placedMessage = `{ type: 'placed', outcome: { path: order.image.imageRoot + '/x.raw', pristinePath: order.image.imageRoot + '/.p', lossCount: 2, losses: [] } }`;
export const honestFetch = `hear(); ${fetched()}`;

/** A pull whose workers do what scripts say. */
export function preparePull(t: TestContext, scripts: Partial<Record<WorkerName, string>>) {
  const directory = temporaryDirectory(t);
  const imageRoot = directory.file('images');
  mkdirSync(imageRoot);
  const image = { format: 'raw', class: 'machine', name: 'x', imageRoot, sizeMax: 1e9 } as const;
  const request: PullRequest = {
    image: { ...image, force: false, readOnly: false, strict: false },
    download: {
      url: 'http://joe:secret@example.org/x.raw',
      verification: 'no',
      limitRate: undefined,
      resume: true,
      netrc: 'machine example.org login joe password secret',
    },
    remote: 'http://example.org/x.raw',
    keyrings: [],
    keepDownload: false,
  };
  const host = { ...fakeHost(directory.file('run'), scripts), stateDirectory: directory.file('state') };
  host.environment['http_proxy'] = 'http://proxy:secret@127.0.0.1:1';
  host.environment['LANG'] = 'C.UTF-8';
  const transfer = new Transfer({ ...someSubject, id: 1 });
  const abort = new AbortController();
  const run = () => runPull(host, request, { transfer, signal: abort.signal });
  const commit = () => JSON.parse(readFileSync(`${imageRoot}/commit`, 'utf8'));
  return { run, host, request, transfer, abort, imageRoot, directory, commit };
}
