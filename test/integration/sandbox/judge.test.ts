/** The built service, with a decode process that a stranger has taken over by what he sends. */

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../support/files.js';
import { like, re } from '../../support/like.js';
import { projectFile } from '../../support/project.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { Running } from '../../support/service/calls.js';
import { needsService, setStage, someBytes } from '../../support/service/stage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import {
  processesDisagree,
  processOfTransfer,
  sentInvalidMessage,
  sentUnaskedFor,
} from '../../support/texts/transfers.js';
import { waitUntil } from '../../support/wait.js';

const mebibyte = 1024 * 1024;

/** Runs the script that the bytes of a download hold, as a decoder with a hole in it would. */
const takenOver = `
const { closeSync, readSync, writeSync } = require('node:fs');
const write = (fd, bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at); };
const tell = (message) => write(3, Buffer.from(JSON.stringify(message) + '\\n'));
const number = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return bytes; };
const frame = (text) => Buffer.concat([number(text.length), Buffer.from(text)]);
/** A part for placement. */
const part = (name, content) => write(4, Buffer.concat([frame(name), frame(content), number(0)]));
const end = () => write(4, number(0));
const read = (length) => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(5, bytes, at, length - at, null);
    if (count === 0) process.exit(1);
    at += count;
  }
  return bytes;
};
let heard = '';
for (const chunk = Buffer.alloc(65536); !heard.includes('\\n'); ) {
  const count = readSync(3, chunk);
  if (count === 0) process.exit(0);
  heard += chunk.toString('utf8', 0, count);
}
read(read(4).readUInt32LE());
const first = read(read(4).readUInt32LE());
let came = first.length;
/** Reads all that comes; gives back how much that was. */
const drain = () => { for (let left = read(4).readUInt32LE(); left > 0; left = read(4).readUInt32LE()) came += read(left).length; return came; };
const moved = (bytes, decodedBytes) => tell({ type: 'moved', outcome: { bytes, sha256: null, decodedBytes } });
eval(first.toString('latin1', 4, first.indexOf(0, 4)));
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e8);
`;

/** A copy of what was built in which bytes take over the decode process. */
function weakProgram(t: TestContext): string {
  const { path } = temporaryDirectory(t);
  cpSync(projectFile('dist'), path, { recursive: true });
  writeFileSync(join(path, 'worker', 'decode.js'), takenOver);
  return join(path, 'ferryd.js');
}

/** What looks like gzip and holds a script, and is of a length. */
function exploit(script: string, length = 4096): Buffer {
  const bytes = Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.from(script), Buffer.alloc(1)]);
  return Buffer.concat([bytes, someBytes(length)]);
}

const environment = { FERRY_SPARE_PROCESSES: 'no' };
const record = { sha256: 'ab'.repeat(32), sha512: null, bytes: 1, verification: 'signature', signedBy: null };
const vouched = {
  cachedPath: null,
  etag: null,
  lastModified: null,
  sentBytes: 0,
  encodedBytes: 0,
  sidecars: [],
  record,
};
const says = (message: object) => `drain(); part('image', 'forged'); end(); tell(${JSON.stringify(message)});`;
const cannotKnow = like`^${processOfTransfer('decode')} ${sentInvalidMessage(re(/.*cannot know/))}`;
const notAsked = like`^${sentUnaskedFor('decode', re(/.*/))}$`;

const attacks: [what: string, script: string, message: RegExp][] = [
  ['vouches for the download', says({ type: 'fetched', outcome: vouched }), cannotKnow],
  ['says what placement has received', says({ type: 'received', bytes: 0, decodedBytes: 6 }), cannotKnow],
  ['says that an image was placed', says({ type: 'placed', outcome: {} }), cannotKnow],
  ['says where the transfer is', says({ type: 'phase', phase: 'verifying' }), cannotKnow],
  ['writes to the log', says({ type: 'log', priority: 4, message: 'x' }), cannotKnow],
  [
    'says that the publisher is to blame',
    says({
      type: 'failure',
      kind: 'VerificationFailed',
      message: 'x',
      facts: { file: 'x' },
    }),
    cannotKnow,
  ],
  ['sends a sidecar', `drain(); part('image', 'forged'); part('.nspawn', 'x'); end(); moved(came, 7);`, notAsked],
  ['sends a sidecar only', `drain(); part('.nspawn', 'x'); end(); moved(came, 1);`, notAsked],
  [
    'sends an announcement',
    `drain(); part('announcement', '{}'); part('image', 'x'); end(); moved(came, 3);`,
    notAsked,
  ],
  ['sends two images', `drain(); part('image', 'x'); part('image', 'y'); end(); moved(came, 2);`, notAsked],
  ['sends no image', `drain(); end(); moved(came, 0);`, notAsked],
  [
    'says that more came to it than was sent',
    `drain(); part('image', 'x'); end(); moved(came + 1, 1);`,
    like`^${processesDisagree('fetch', re(/\d+/), 'decode', re(/\d+/))}$`,
  ],
  [
    'says that more came out of it than placement has',
    `drain(); part('image', 'x'); end(); moved(came, 2);`,
    like`^${processesDisagree('decode', 2, 'placement', 1)}$`,
  ],
];

test('a decode process that was taken over cannot vouch for anything, and nothing is placed', async (t) => {
  if (!needsService(t)) return;
  await using server = await FaultServer.start();
  const { host, connect, pull, transfers } = await setStage(t, { program: weakProgram(t), environment });
  for (const [index, [what, script, message]] of attacks.entries()) {
    for (const keepDownload of [false, true]) {
      const url = server.serve(`/${index}.raw.gz`, exploit(script));
      const running = await Running.begin(await connect(), pull(url, 'x', { keepDownload }));
      await running.done;
      assert.match(running.error?.message ?? 'nothing', message, what);
      assert.deepEqual(readdirSync(host.imageRoot), [], what);
    }
  }
  assert.deepEqual(await transfers.list(), { transfers: [] });
});

const forges = `drain(); part('image', 'forged'); end(); moved(came, 6);`;

test('what is forged by a download that is not the one of its publisher leaves no image and no record', async (t) => {
  if (!needsService(t)) return;
  await using server = await FaultServer.start();
  const { host, connect, pull } = await setStage(t, { program: weakProgram(t), environment });
  // The larger one reaches the decode process before it has been verified.
  for (const length of [4096, 3 * 1024 * 1024]) {
    const url = server.serve('/x.raw.gz', exploit(`part('image', 'forged'); end(); drain(); moved(came, 6);`, length));
    server.serve('/SHA256SUMS', `${'0'.repeat(64)}  x.raw.gz\n`);
    const wish = pull(url, 'x', { verify: 'checksum', keepDownload: true });
    const running = await Running.begin(await connect(), wish);
    await running.done;
    assert.equal(running.error?.name, 'io.ferry.Transfer.VerificationFailed');
    assert.deepEqual(readdirSync(host.imageRoot), []);
  }
});

for (const [list, error] of [
  ['another', 'io.ferry.Transfer.VerificationFailed'],
  ['the same', 'io.ferry.Transfer.Corrupt'],
] as const) {
  test(`damaged bytes whose list has ${list} digest are ${error}, though the damage shows before the end`, async (t) => {
    if (!needsService(t)) return;
    const { server, host, connect, pull } = await setStage(t);
    const packed = gzipSync(someBytes(6 * mebibyte), { level: 0 }).fill(0xff, 2 * mebibyte, 3 * mebibyte);
    const url = server.serve('/x.raw.gz', packed, 5 * mebibyte);
    const digest = sha256(packed);
    server.serve('/SHA256SUMS', Buffer.from(`${list === 'another' ? '0'.repeat(64) : digest}  x.raw.gz\n`));
    const running = await Running.begin(await connect(), pull(url, 'x', { verify: 'checksum' }));
    const goesOn = 'The bytes are not taken any more; downloading the rest of them for the checksum';
    await waitUntil(() => host.log().includes(goesOn) || running.error !== null);
    server.open('/x.raw.gz');
    await running.done;
    assert.equal(running.error?.name, error);
    assert.match(host.log(), new RegExp(goesOn));
    assert.deepEqual(readdirSync(host.imageRoot), []);
  });
}

test('no later pull that verifies trusts what a decode process forged in one that did not', async (t) => {
  if (!needsService(t)) return;
  await using server = await FaultServer.start();
  const weak = await setStage(t, { program: weakProgram(t), environment });
  const hostile = exploit(forges);
  const url = server.serve('/x.raw.gz', hostile);
  await weak.transfers.pull(weak.pull(url, 'x', { keepDownload: true }));
  assert.equal(readFileSync(join(weak.host.imageRoot, 'x.raw'), 'latin1'), 'forged');
  const honest = await setStage(t, { imageRoot: weak.host.imageRoot, environment });
  const image = someBytes(100_000);
  const packed = gzipSync(image);
  server.serve('/x.raw.gz', packed);
  server.serve('/SHA256SUMS', `${sha256(packed)}  x.raw.gz\n`);
  const wish = honest.pull(url, 'x', { verify: 'checksum', keepDownload: true, force: true });
  await honest.transfers.pull(wish);
  assert.ok(readFileSync(join(weak.host.imageRoot, 'x.raw')).equals(image));
});
