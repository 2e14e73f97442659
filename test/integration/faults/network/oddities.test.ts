import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../../../support/files.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../../support/service/ferry-host.js';
import { tally } from '../../../support/tally.js';
import { brokeOffAtByte, isBusy, mayHaveAnotherVersion } from '../../../support/texts/downloads.js';
import { each, encoded, type Facts, image, mebibyte } from './checks.js';

/** What is odd, and no reason to fail: what is said of it. */
const odd: { what: string; faults: Faults; content?: Buffer; says?: (facts: Facts) => string }[] = [
  { what: 'gzip as a Content-Encoding', content: encoded, faults: { headers: { 'Content-Encoding': 'gzip' } } },
  { what: 'a Content-Encoding that is not true', faults: { headers: { 'Content-Encoding': 'br' } } },
  { what: 'chunks', faults: { chunked: true } },
  { what: '206 for the whole', faults: { partUnasked: true } },
  {
    what: '429 before it is given, with the time to wait',
    faults: { status: 429, statusTimes: 2, headers: { 'Retry-After': '1' } },
    says: ({ host, url }) => `${host} ${isBusy(429, url, 1)}`,
  },
  { what: '503, once', faults: { status: 503, statusTimes: 1 } },
  {
    what: 'the same from another mirror after a cut',
    faults: { cutAt: mebibyte, etags: ['"one"', '"two"'] },
    says: ({ url, host }) => `${host} ${mayHaveAnotherVersion(url, mebibyte)}`,
  },
  {
    what: 'the same from another mirror that takes no notice of If-Range',
    faults: { cutAt: mebibyte, etags: ['"one"', '"two"'], ignoreCondition: true },
  },
  { what: 'the same from a server without ETags', faults: { cutAt: mebibyte, etags: ['none'] } },
  {
    what: 'the same from another mirror, compressed',
    content: encoded,
    faults: { cutAt: 500, etags: ['"one"', 'none'] },
  },
  { what: 'neither a length nor chunks', faults: { lengthless: true } },
  {
    what: 'the whole in answer to a request for a part',
    faults: { cutAt: mebibyte, ignoreRange: true },
    says: ({ url, host }) => `${host} cannot send a part of ${url}: fetching the first ${mebibyte} bytes again.`,
  },
  {
    what: 'less than was asked for',
    faults: { cutAt: mebibyte, partMax: mebibyte },
    says: ({ host }) => `${host} ${brokeOffAtByte(2 * mebibyte, 'the server ended it early')}.`,
  },
];

/** Pulls what is odd, and demands the image. */
async function checkOdd(host: FerryHost, { faults, content = image, says }: (typeof odd)[number], index: number) {
  await using server = await FaultServer.start();
  const url = server.serve('/x.raw', content, faults);
  const facts = { url, host: `127.0.0.1:${server.port}`, other: '' };
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '--verify=no', '-N', url, `odd${index}`]);
  tally('faults injected');
  assert.equal(status, 0, stderr);
  assert.ok(stderr.includes(says?.(facts) ?? ''), stderr);
  assert.equal(sha256(readFileSync(join(host.imageRoot, `odd${index}.raw`))), sha256(image));
}

test('what is odd, and all there, is pulled', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  await each(t, odd, (row, index) => checkOdd(host, row, index));
});
