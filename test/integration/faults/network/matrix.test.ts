import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { type ExitStatusName, exitStatus } from '../../../../common/exit-statuses.js';
import { sha256 } from '../../../support/files.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../../support/service/ferry-host.js';
import { tally } from '../../../support/tally.js';
import {
  answersWithStatus,
  badGateway,
  cannotBeResumed,
  cannotDownload,
  cannotGoOnAtByte,
  closedBeforeAnswer,
  connectionWasClosed,
  didNotAnswerInHttp,
  downloadBrokeOff,
  fileNotThere,
  gatewayTimeout,
  legalReasons,
  nameServersSilent,
  noSuchHost,
  notAnAnswer,
  redirectsInCircle,
  redirectsNowhere,
  redirectsToNoUrl,
  redirectsToOtherScheme,
  refusesConnections,
  requestNotUnderstood,
  serverAsksForCredentials,
  serverAsksForPayment,
  serverFailed,
  serverForbids,
  serverOverloaded,
  serverRefuses,
  serverSentRange,
  serverTiredOfWaiting,
  sizeChanged,
  tlsFailed,
  tooManyHeaders,
  tooManyRequests,
} from '../../../support/texts/downloads.js';
import { hasTooMuch } from '../../../support/texts/formats.js';
import { thereIsNone } from '../../../support/texts/transfers.js';
import { doesNotMatchChecksum } from '../../../support/texts/verification.js';
import { each, encoded, type Facts, image, mebibyte } from './checks.js';

interface Row {
  what: string;
  faults?: Faults;
  /** What is served; the image if not given. */
  content?: Buffer;
  /** The URL that is pulled, if it is not that of the image on the server. */
  url?: (facts: Facts) => string;
  options?: string[];
  /** The exit status; that of a download if not given. */
  failsWith?: ExitStatusName;
  /** What stands behind `Failed to pull the image: `. */
  says: (facts: Facts) => string;
}

const refused = (status: number, why: string): Row => ({
  what: `status ${status} with a page of a megabyte`,
  faults: { status, statusBytes: mebibyte },
  says: ({ url }) => `${cannotDownload(url)} ${status}, ${why}.`,
});

const redirected = (what: string, redirect: string, why: (facts: Facts) => string): Row => ({
  what: `a redirect ${what}`,
  faults: { redirect },
  says: (facts) => `Cannot download ${facts.url}: ${why(facts)}.`,
});

/** Where there are no name servers, as on a machine without a network, none can say that a name is not there. */
const unknownHost = await lookup('ferry.invalid').then(
  () => '',
  ({ code }) => (code === 'EAI_AGAIN' ? nameServersSilent('ferry.invalid') : noSuchHost('ferry.invalid')),
);

const inTheMiddle = { cutAt: mebibyte, cutTimes: 9 };

const rows: Row[] = [
  {
    what: 'a server that is not there',
    url: () => 'http://127.0.0.1:1/x.raw',
    says: () => `Cannot download http://127.0.0.1:1/x.raw: 127.0.0.1:1 ${refusesConnections}`,
  },
  {
    what: 'a host that does not exist',
    url: () => 'http://ferry.invalid/x.raw',
    says: () => `Cannot download http://ferry.invalid/x.raw: ${unknownHost}`,
  },
  {
    what: 'a server that hangs up',
    faults: { hangUpTimes: 99 },
    says: ({ url, host }) => `Cannot download ${url}: ${host} ${closedBeforeAnswer}`,
  },
  {
    what: 'a connection that always ends at the same byte',
    faults: inTheMiddle,
    says: ({ url }) => `${downloadBrokeOff(url, `${mebibyte} of ${image.length}`)}: ${connectionWasClosed}. Try again.`,
  },
  refused(400, requestNotUnderstood),
  refused(401, serverAsksForCredentials),
  refused(402, serverAsksForPayment),
  refused(403, serverForbids),
  {
    what: 'status 404 with a page of a megabyte',
    faults: { status: 404, statusBytes: mebibyte },
    says: ({ url }) => thereIsNone(url, 404),
  },
  {
    what: 'status 410 with a page of a megabyte',
    faults: { status: 410, statusBytes: mebibyte },
    says: ({ url }) => thereIsNone(url, 410),
  },
  refused(408, serverTiredOfWaiting),
  refused(418, serverRefuses),
  refused(429, tooManyRequests),
  refused(451, legalReasons),
  refused(500, serverFailed),
  refused(502, badGateway),
  refused(503, serverOverloaded),
  refused(504, gatewayTimeout),
  refused(599, serverFailed),
  redirected('in a circle', '/x.raw', ({ url }) => `${redirectsInCircle} ${url}`),
  redirected('to a file of this host', 'file:///etc/shadow', () => redirectsToOtherScheme('file:///etc/shadow')),
  redirected('to ftp', 'ftp://me:secret@h/x', () => redirectsToOtherScheme('ftp://h/x')),
  redirected('to nowhere', '', () => redirectsNowhere),
  redirected('to rubbish', 'http://[', () => redirectsToNoUrl),
  {
    what: 'a length that is too great',
    faults: { declaredLength: image.length + 5 },
    says: ({ url }) => `${cannotGoOnAtByte(url)} ${image.length}: ${sizeChanged(image.length + 5, image.length)}.`,
  },
  {
    what: 'a length that is too small',
    failsWith: 'verification',
    faults: { declaredLength: image.length - 5 },
    options: ['--verify=checksum'],
    says: () =>
      `'x.raw' ${doesNotMatchChecksum('x.raw.sha256', 'sha256', sha256(image), sha256(image.subarray(0, -5)))}.`,
  },
  {
    what: 'gzip as a Content-Encoding that nobody asked for, of what is listed as it was before',
    failsWith: 'verification',
    content: encoded,
    faults: { headers: { 'Content-Encoding': 'gzip' } },
    options: ['--verify=checksum'],
    says: () =>
      `'x.raw' ${doesNotMatchChecksum('x.raw.sha256', 'sha256', sha256(image), sha256(encoded))}. The server has encoded it (Content-Encoding: gzip), though not asked to, which may be all that is wrong.`,
  },
  {
    what: '304 that nobody asked for',
    faults: { status: 304, statusBytes: 0 },
    says: ({ url }) => `${cannotDownload(url)} 304, ${notAnAnswer}.`,
  },
  {
    what: 'a part that begins too early',
    faults: { cutAt: mebibyte, rangeShift: -7 },
    says: ({ url }) =>
      `${cannotGoOnAtByte(url)} ${mebibyte}: ${serverSentRange(`bytes ${mebibyte - 7}-${image.length - 1}/${image.length}`)}.`,
  },
  {
    what: 'a part that begins too late',
    faults: { cutAt: mebibyte, rangeShift: 7 },
    says: ({ url }) =>
      `${cannotGoOnAtByte(url)} ${mebibyte}: ${serverSentRange(`bytes ${mebibyte + 7}-${image.length - 1}/${image.length}`)}.`,
  },
  {
    what: 'a part of something larger',
    faults: { cutAt: mebibyte, partTotal: image.length + 1 },
    says: ({ url }) => `${cannotGoOnAtByte(url)} ${mebibyte}: ${sizeChanged(image.length, image.length + 1)}.`,
  },
  {
    what: 'a weak ETag in the middle',
    faults: { ...inTheMiddle, etags: ['W/"one"'] },
    says: ({ url }) =>
      `${downloadBrokeOff(url, `${mebibyte} of ${image.length}`)}: ${connectionWasClosed}. ${cannotBeResumed} Try again.`,
  },
  {
    what: 'gone in the middle',
    faults: { cutAt: mebibyte, status: 404, statusAfter: 1 },
    says: ({ url }) => `${cannotDownload(url)} 404, ${fileNotThere}.`,
  },
  {
    what: '503 from the middle on',
    faults: { cutAt: mebibyte, status: 503, statusAfter: 1 },
    says: ({ url }) =>
      `${downloadBrokeOff(url, `${mebibyte} of ${image.length}`)}: ${answersWithStatus} 503. Try again.`,
  },
  {
    what: '--no-resume',
    faults: { cutAt: mebibyte },
    options: ['--no-resume'],
    says: ({ url }) => `${downloadBrokeOff(url, `${mebibyte} of ${image.length}`)}: ${connectionWasClosed}. Try again.`,
  },
  {
    what: '100 MB of headers',
    faults: { hook: pourHeaders },
    says: ({ url, host }) => `Cannot download ${url}: ${host} ${tooManyHeaders}`,
  },
  {
    what: 'a mail server',
    faults: { hook: (_, response) => response.socket?.end('220 mail.example.com ESMTP\r\n') },
    says: ({ url, host }) => `Cannot download ${url}: ${host} ${didNotAnswerInHttp('HPE_INVALID_CONSTANT')}`,
  },
  {
    what: 'chunks without a size',
    faults: { hook: (_, response) => response.socket?.end(`${chunkedHead}5\r\nimage\r\nzz\r\n`) },
    says: ({ url }) => `${downloadBrokeOff(url, 0)}: ${connectionWasClosed}. Try again.`,
  },
  {
    what: 'a body without end',
    failsWith: 'unsupported',
    faults: { endless: 1 },
    options: ['--size-max=4M'],
    says: () =>
      'The image holds more than 4194304 bytes of data, the limit: raise it with --size-max= if the image is meant to be that large.',
  },
  {
    what: 'a body of zeros without end',
    failsWith: 'unsupported',
    faults: { endless: 0 },
    options: ['--size-max=4M'],
    says: () => `The image ${hasTooMuch('more than 268435456 bytes', 'its zeros', '', 64)}.`,
  },
  {
    what: 'the length of a disk that nobody has',
    failsWith: 'unsupported',
    faults: { declaredLength: 2 ** 50 },
    says: () =>
      `The image ${hasTooMuch('1125899906842624 bytes', 'its zeros', '', 'and 4398046511104 are allowed, 64')}.`,
  },
  {
    what: 'https where http is spoken',
    url: ({ url }) => url.replace('http:', 'https:'),
    says: ({ url, host }) => `Cannot download ${url}: ${tlsFailed(host)}`,
  },
];

const chunkedHead = 'HTTP/1.1 200 OK\r\nETag: "one"\r\nTransfer-Encoding: chunked\r\n\r\n';

function pourHeaders(_: IncomingMessage, response: ServerResponse): void {
  const { socket } = response;
  socket?.write('HTTP/1.1 200 OK\r\n');
  const line = `X: ${'x'.repeat(1000)}\r\n`.repeat(1000);
  let written = 0;
  const pour = () => {
    while (written < 100e6 && socket?.writable) {
      written += line.length;
      if (!socket.write(line)) return;
    }
  };
  socket?.on('drain', pour);
  pour();
}

/** Pulls as a row says, and demands its message, and that nothing is left. */
async function check(host: FerryHost, row: Row, index: number): Promise<void> {
  const { faults = {}, options = [], content = image } = row;
  await using server = await FaultServer.start();
  await using other = await FaultServer.start();
  const served = server.serve('/x.raw', content, faults);
  server.serve('/x.raw.sha256', `${sha256(image)}  x.raw\n`);
  const facts = { url: served, host: `127.0.0.1:${server.port}`, other: other.url('/') };
  facts.url = row.url?.(facts) ?? served;
  const unverified = options.some((option) => option.startsWith('--verify=')) ? [] : ['--verify=no'];
  const parameters = ['pull-raw', '-m', '--quiet', ...unverified, ...options, facts.url, `image${index}`];
  const { status, stdout, stderr } = await host.ferryctl(parameters);
  tally('faults injected');
  assert.equal(stderr, `Failed to pull the image: ${row.says(facts)}\n`);
  assert.deepEqual([status, stdout], [exitStatus[row.failsWith ?? 'download'], '']);
}

test('what networks and servers do wrong is told in one line, and leaves nothing', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  await each(t, rows, (row, index) => check(host, row, index));
  assert.deepEqual(host.images(), []);
  assert.doesNotMatch(host.log(), /at .*\.js:|secret/);
});
