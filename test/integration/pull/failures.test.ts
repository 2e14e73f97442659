import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FaultServer } from '../../support/servers/fault-server.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { thereIsNone } from '../../support/texts/transfers.js';

interface Case {
  what: string;
  verb?: 'pull-tar' | 'pull-raw';
  /** Makes the file that is pulled; what is given back replaces what the release has. */
  damage?: (bytes: Buffer) => Buffer;
  /** The file that is pulled, and damaged. */
  file: string;
  /** Instead of the server's. */
  url?: string;
  status: number;
  says: RegExp[];
}

const garbage = Buffer.from('garbage garbage garbage');

const cases: Case[] = [
  { what: 'a file that is not there', file: 'missing.raw', status: 7, says: [/missing\.raw/, /404|not found/i] },
  {
    what: 'a server that is not there',
    file: 'x.raw',
    url: 'http://127.0.0.1:1/x.raw',
    status: 7,
    says: [/127\.0\.0\.1:1/, /refuses?d? connections|refused/i],
  },
  { what: 'a scheme that is none', file: 'x.raw', url: 'ftp://127.0.0.1/x.raw', status: 14, says: [/ftp:/, /http/] },
  { what: 'a URL without a name', file: '', status: 14, says: [/name/i] },
  {
    what: 'a truncated gzip stream',
    file: 'tiny.raw.gz',
    damage: (bytes) => bytes.subarray(0, -20),
    status: 12,
    says: [/truncated|ends|incomplete/i],
  },
  {
    what: 'garbage after a gzip stream',
    file: 'tiny.raw.gz',
    damage: (bytes) => Buffer.concat([bytes, garbage]),
    status: 12,
    says: [/other bytes follow/],
  },
  {
    what: 'a truncated tar archive',
    verb: 'pull-tar',
    file: 'tiny.tar',
    damage: (bytes) => bytes.subarray(0, 1024 + 100),
    status: 12,
    says: [/truncated|ends|incomplete/i],
  },
  {
    what: 'text instead of a tar archive',
    verb: 'pull-tar',
    file: 'tiny.tar',
    damage: () => Buffer.alloc(4096, 'words '),
    status: 11,
    says: [/tar/i],
  },
  {
    what: 'a tar archive with a damaged header',
    verb: 'pull-tar',
    file: 'tiny.tar',
    damage: spoilSecondHeader,
    status: 12,
    says: [/tar|header|checksum/i],
  },
];

for (const { what, verb = 'pull-raw', file, damage, url, status: expected, says } of cases) {
  test(`${what} is told in one line, and nothing is left`, async (t) => {
    if (!needsProduct(t) || !needsNginx(t)) return;
    await using directory = temporaryDirectory();
    const release = makeRelease(directory.path);
    const path = join(release.path, file);
    if (damage !== undefined) writeFileSync(path, damage(readFileSync(path)));
    await using server = await nginx(t, release.path);
    await using host = await ferryHost(t);
    const { status, stderr } = await host.ferryctl([
      verb,
      '-m',
      '--quiet',
      '--verify=no',
      url ?? `${server.url}/${file}`,
    ]);
    assert.equal(status, expected, stderr);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    for (const fact of says) assert.match(stderr, fact);
    assert.deepEqual(host.images(), []);
  });
}

test('that there is no such image is said before that it cannot be verified, whichever is known first', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  server.serve('/SHA256SUMS', `${'0'.repeat(64)}  other.raw\n`);
  const url = server.serve('/absent.raw', '', {
    hook: (_, response) => void setTimeout(() => response.writeHead(404).end(), 1000),
  });
  await using host = await ferryHost(t);
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '--quiet', '--verify=checksum', url]);
  assert.equal(stderr.trim(), `Failed to pull the image: ${thereIsNone(url, 404)}`);
  assert.equal(status, 7);
});

/** The second header block starts where the first file's data, an extended header's, has ended: any byte of it will do. */
function spoilSecondHeader(bytes: Buffer): Buffer {
  const spoiled = Buffer.from(bytes);
  spoiled.fill(0x41, 1024, 1024 + 512);
  return spoiled;
}
