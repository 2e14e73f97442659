/** Bytes after the end of compressed data: ignored where something vouches for the file or the caller imports it, else refused. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { shell } from '../../../support/command.js';
import { sha256 } from '../../../support/files.js';
import { makeDisk } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { FaultServer } from '../../../support/servers/fault-server.js';
import { ferryHost, needsProduct } from '../../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { ifTheyBelongThere, otherBytesFollow } from '../../../support/texts/formats.js';

/** As OpenWrt's images for x86 end: a signature and its length, behind the gzip data. */
const trailer = Buffer.from('\x7e\x84\x07\x23 # certificate FWx0\x76\x5a\xee\xb8\0\0\0\0\0\0\0\x22', 'latin1');

const programs = {
  gzip: 'gzip -1c',
  xz: 'xz -0c',
  zstd: 'zstd -1qc',
  bzip2: 'bzip2 -1c',
  lz4: 'lz4 -qc',
  lzma: 'xz -0c --format=lzma',
} as const;

const notice = (bytes: number) => `${bytes} bytes after the end of the compressed data were ignored`;

function needsTools(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { programs: ['gzip', 'xz', 'zstd', 'bzip2', 'lz4', 'tar'] });
}

/** Serves a file with a checksum file beside it. */
function publish(web: FaultServer, name: string, bytes: Buffer): string {
  const digest = sha256(bytes);
  web.serve('/SHA256SUMS', `${digest}  ${name}\n`);
  return web.serve(`/${name}`, bytes);
}

test('bytes after compressed data are ignored with their number where a checksum vouches, and for imports', async (t) => {
  if (!needsTools(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await using web = await FaultServer.start();
  const disk = makeDisk(join(directory.path, 'disk.raw'));
  const expected = readFileSync(disk);
  for (const [format, program] of Object.entries(programs)) {
    for (const [what, rest] of [
      ['a trailer', trailer],
      ['zeros that are no padding', Buffer.alloc(1027)],
    ] as const) {
      await t.test(`${format}, ${what}`, async () => {
        const name = `image.raw.${format}`;
        const path = join(directory.path, name);
        shell(`${program} "$1" >"$2"`, [disk, path]);
        writeFileSync(path, rest, { flag: 'a' });
        const bytes = readFileSync(path);
        const isPadding = what !== 'a trailer' && (format === 'gzip' || format === 'bzip2');
        const url = publish(web, name, bytes);
        for (const [way, act] of [
          ['path', () => host.ferryctl(['import-raw', path, 'image'])],
          ['pipe', () => host.ferryctl(['import-raw', '-', 'image'], { input: bytes })],
          ['network', () => host.ferryctl(['pull-raw', '--verify=checksum', '-N', url, 'image'])],
        ] as const) {
          const { status, stderr } = await act();
          assert.equal(status, 0, `${way}: ${stderr}`);
          assert.equal(stderr.includes(notice(rest.length)), !isPadding, `${way}: ${stderr}`);
          assert.deepEqual(readFileSync(join(host.imageRoot, 'image.raw')), expected);
          await host.ferryctl(['remove-image', 'image']);
        }
        const { status, stderr } = await host.ferryctl(['pull-raw', '--verify=no', '-N', url, 'image']);
        if (isPadding) {
          assert.equal(status, 0, stderr);
          await host.ferryctl(['remove-image', 'image']);
          return;
        }
        assert.equal(status, 12, stderr);
        assert.ok(
          stderr.includes(
            `${otherBytesFollow('the download', format, bytes.length - rest.length)}; ${ifTheyBelongThere}`,
          ),
          stderr,
        );
        assert.deepEqual(host.images(), []);
      });
    }
  }
});

test('bytes after a compressed archive are ignored too, and after both of two compressions', async (t) => {
  if (!needsTools(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  const tree = join(directory.path, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc', 'os-release'), 'ID=x\n');
  const archive = join(directory.path, 'tree.tar');
  shell('tar -C "$1" -cf "$2" .', [tree, archive]);
  const once = Buffer.concat([gzipSync(readFileSync(archive)), trailer]);
  for (const [bytes, ignored] of [
    [once, trailer.length],
    [Buffer.concat([gzipSync(once), trailer]), 2 * trailer.length],
  ] as const) {
    const { status, stderr } = await host.ferryctl(['import-tar', '--force', '-', 'image'], { input: bytes });
    assert.equal(status, 0, stderr);
    assert.ok(stderr.includes(notice(ignored)), stderr);
    assert.equal(readFileSync(join(host.imageRoot, 'image', 'etc', 'os-release'), 'utf8'), 'ID=x\n');
  }
});

test('a checksum that does not match is told, not the bytes after the compressed data', async (t) => {
  if (!needsTools(t)) return;
  await using host = await ferryHost(t);
  await using web = await FaultServer.start();
  const url = publish(web, 'image.raw.gz', Buffer.concat([gzipSync(Buffer.alloc(4096, 'x')), trailer]));
  web.serve('/SHA256SUMS', `${'0'.repeat(64)}  image.raw.gz\n`);
  const { status, stderr } = await host.ferryctl(['pull-raw', '--verify=checksum', url, 'image']);
  assert.equal(status, 6, stderr);
  assert.ok(!stderr.includes('were ignored') && !stderr.includes('other bytes follow'), stderr);
  assert.deepEqual(host.images(), []);
});
