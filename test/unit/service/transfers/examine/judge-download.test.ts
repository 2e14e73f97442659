import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownDownload } from '../../../../../service/processes/ipc/messages.js';
import { type JudgeRequest, judgeDownload } from '../../../../../service/transfers/examine/judge-download.js';
import type { Host } from '../../../../../service/transfers/host.js';
import { noneAreKept } from '../../../../support/texts/verify.js';

// What can be said without a process that judges.

const known: KnownDownload = {
  url: 'https://example.com/x.raw',
  format: 'raw',
  record: {
    sha256: '0'.repeat(64),
    sha512: undefined,
    bytes: 1,
    verification: 'signature',
    sidecarVerification: undefined,
    leftOut: undefined,
    signedBy: undefined,
    hashes: undefined,
  },
  pristinePath: '/nonexistent/.raw-x.raw',
};
const offline: JudgeRequest = {
  online: false,
  keyrings: [],
  checksumFile: undefined,
  netrc: undefined,
  mayReadFiles: false,
};
const online = { ...offline, online: true };
const noHost = {} as unknown as Host;

async function reason(download: Partial<KnownDownload>, request: JudgeRequest): Promise<string> {
  const check = await judgeDownload(noHost, { ...known, ...download }, request, new AbortController().signal);
  assert.deepEqual([check.kind, check.verdict], [request.online ? 'server' : 'proofs', 'unknown']);
  return check.message;
}

test('without a pristine download there is nothing to judge offline', async () => {
  const gone = 'Cannot judge the checksum and signature files: they are gone with the pristine download; add --online';
  assert.equal(await reason({ pristinePath: undefined }, offline), gone);
});

test('a download without kept files says why there are none', async () => {
  const said = {
    signature: noneAreKept,
    checksum: noneAreKept,
    no: 'Nothing proves the download: it was pulled with --verify=no; add --online',
    digest:
      'No checksum or signature files are kept: the download was verified by the digest given for it; add --online',
  } as const;
  for (const verification of ['signature', 'checksum', 'no', 'digest'] as const)
    assert.equal(await reason({ record: { ...known.record, verification } }, offline), said[verification]);
});

test('a server whose URL is recorded by its digest only cannot be asked', async () => {
  const url = `sha256:${'0'.repeat(64)}`;
  const message = 'Cannot judge the download: its URL was too long to be recorded; pull it again';
  assert.equal(await reason({ url }, online), message);
});

test('the files of a file: URL are read for root alone', async () => {
  const message = 'Cannot read the files of a file: URL: only root may; use sudo';
  assert.equal(await reason({ url: 'file:///srv/x.raw' }, online), message);
});

test('a checksum file of another kind than the image is not read', async () => {
  const message = await reason({}, { ...online, checksumFile: 'file:///etc/shadow' });
  assert.match(message, /^The checksum file cannot belong to this image: /);
});
