import assert from 'node:assert/strict';
import { chownSync, closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getAttribute } from '../../../../linux/attributes.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../../support/images/filesystems.js';
import { needs } from '../../../support/needs.js';
import { needsPeer } from '../../../support/peer/peer.js';
import { FaultServer } from '../../../support/servers/fault-server.js';
import { GeneratedContent } from '../../../support/servers/generated-content.js';
import { ferryHost, needsProduct } from '../../../support/service/ferry-host.js';
import { tally } from '../../../support/tally.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { cannotBeResumed } from '../../../support/texts/downloads.js';
import { runInPeer } from '../../varlink/peer-program.js';
import {
  assertPulled,
  attribute,
  brokeOff,
  disk,
  imageRequests,
  interrupted,
  mebibyte,
  month,
  ofUser,
  partialsOf,
  pull,
  ranges,
  safe,
  sha256Of,
  silentAt,
} from './resuming.js';

for (const type of ['ext4', 'btrfs'] satisfies FilesystemType[]) {
  test(`a pull goes on where the service was killed, on ${type}`, async (t) => {
    if (!needsProduct(t) || !needs(t, filesystemNeeds(type))) return;
    const { path } = mountedFilesystem(t, type, 300);
    rmSync(join(path, 'lost+found'), { recursive: true, force: true });
    const { host, server, url, partial } = await interrupted(t, {}, { imageRoot: path });
    const record = JSON.parse(getAttribute(partial, attribute)?.toString() ?? '');
    assert.deepEqual(record, { url, validator: '"one"', total: disk.length, offset: safe });
    assert.ok(statSync(partial).size >= safe);
    const said = await pull(host, url);
    assert.match(said, new RegExp(`Going on at byte ${safe}, where an earlier pull of ${url} ended`));
    assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`]);
    assert.equal(imageRequests(server).at(-1)?.headers['if-range'], '"one"');
    assert.equal(imageRequests(server).at(-1)?.sent, disk.length - safe);
    await assertPulled(host);
    assert.equal(getAttribute(join(host.imageRoot, 'x.raw'), attribute), undefined);
  });
}

test('a pull of a user goes on where the service was killed, when varlinkctl asks for it', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true }) || !needsPeer(t)) return;
  const imageRoot = temporaryDirectory(t).path;
  chownSync(imageRoot, 1000, 1000);
  const { host, server, url, partial } = await interrupted(t, {}, { imageRoot, user: 1000 });
  const record = JSON.parse(getAttribute(partial, ofUser)?.toString() ?? '');
  assert.deepEqual(record, { url, validator: '"one"', total: disk.length, offset: safe });
  const wish = { url, format: 'raw', class: 'machine', name: 'x', keepDownload: false, verify: 'no', imageRoot };
  const address = `unix:${host.socket}`;
  const call = ['varlinkctl', '--json=short', 'call', address, 'io.ferry.Transfer.Pull', JSON.stringify(wish)];
  const { status, stdout, stderr } = await runInPeer(call);
  assert.equal(status, 0, stderr);
  const { path, bytes } = JSON.parse(stdout).result;
  assert.deepEqual([path, bytes], [join(imageRoot, 'x.raw'), disk.length]);
  assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`]);
  await assertPulled(host);
});

test('a power cut that lost what was not synchronized changes nothing', async (t) => {
  if (!needsProduct(t)) return;
  for (const lose of [
    (path: string) => truncateSync(path, safe),
    (path: string) => {
      const fd = openSync(path, 'r+');
      writeSync(fd, Buffer.alloc(6 * mebibyte, 'lost'), 0, 6 * mebibyte, safe);
      closeSync(fd);
    },
  ]) {
    const { host, server, url, partial } = await interrupted(t);
    lose(partial);
    tally('faults injected');
    await pull(host, url);
    assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`]);
    await assertPulled(host);
  }
});

test('what is shorter than its record says is not gone on with', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url, partial } = await interrupted(t);
  truncateSync(partial, safe - 1);
  tally('faults injected');
  await pull(host, url);
  assert.deepEqual(ranges(server), [undefined, undefined]);
  assert.equal(await sha256Of(join(host.imageRoot, 'x.raw')), disk.sha256);
});

test('a beginning that was damaged on the disk shows in the digest, and all of it is downloaded again', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url, partial } = await interrupted(t);
  server.serve('/SHA256SUMS', `${disk.sha256}  x.raw\n`);
  const fd = openSync(partial, 'r+');
  writeSync(fd, 'damage', 5 * mebibyte);
  closeSync(fd);
  tally('faults injected');
  const said = await pull(host, url, '--verify=checksum');
  assert.match(
    said,
    new RegExp(`The ${safe} bytes that an earlier pull had left do not fit the rest; downloading all of it again`),
  );
  assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`, undefined]);
  await assertPulled(host);
});

test('a pull that verifies goes on with what one that did not had begun', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url } = await interrupted(t);
  server.serve('/x.raw.sha256', `${disk.sha256}  x.raw\n`);
  await pull(host, url, '--verify=checksum');
  assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`]);
  await assertPulled(host);
});

test('a pull whose digest the caller gives resumes what one without had begun, and holds all of it against the digest', async (t) => {
  if (!needsProduct(t)) return;
  for (const isDamaged of [false, true]) {
    const { host, server, url, partial } = await interrupted(t);
    if (isDamaged) {
      const fd = openSync(partial, 'r+');
      writeSync(fd, 'damage', 5 * mebibyte);
      closeSync(fd);
    }
    assert.match(await pull(host, `${url}#sha256=${disk.sha256}`), /verified by the given digest/);
    assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`, ...(isDamaged ? [undefined] : [])]);
    await assertPulled(host);
  }
});

test('another version on the server by now is downloaded from its first byte', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url } = await interrupted(t, { etags: ['"one"', '"two"'] });
  const other = new GeneratedContent(75 * mebibyte, 2);
  server.serve('/x.raw', other, { etags: ['"two"'] });
  const said = await pull(host, url);
  assert.match(said, /has another version of .*\/x\.raw by now: starting again/);
  assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`]);
  await assertPulled(host, other);
});
const longAgo = new Date(Date.now() - month).toUTCString();

test('where there is no ETag, an old time of last change is as good', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url } = await interrupted(t, { etags: ['none'], headers: { 'Last-Modified': longAgo } });
  await pull(host, url);
  assert.deepEqual(ranges(server), [undefined, `bytes=${safe}-`]);
  assert.equal(imageRequests(server).at(-1)?.headers['if-range'], longAgo);
  return assertPulled(host);
});

test('a weak ETag is no reason to keep a beginning', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  const host = await ferryHost(t);
  const url = server.serve('/x.raw', disk, { etags: ['W/"one"'], cutAt: silentAt, cutTimes: 9 });
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '--quiet', '--verify=no', url]);
  tally('faults injected');
  assert.equal(status, 7);
  assert.equal(stderr, `Failed to pull the image: The download of ${url} ${brokeOff} ${cannotBeResumed} Try again.\n`);
  assert.deepEqual(host.images(), []);
});

test('a connection that breaks for good leaves the beginning, and says so; what cannot be helped leaves nothing', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  const host = await ferryHost(t);
  const url = server.serve('/x.raw', disk, { cutAt: silentAt, cutTimes: 3 });
  server.serve('/SHA256SUMS', `${'0'.repeat(64)}  x.raw\n`);
  const broken = await host.ferryctl(['pull-raw', '-m', '--verify=no', url, 'x']);
  tally('faults injected', 3);
  assert.equal(broken.status, 7);
  assert.ok(broken.stderr.includes(`The download of ${url} ${brokeOff} Try again.\n`), broken.stderr);
  const kept = `${safe} of ${disk.length} bytes of the download are kept: the same pull goes on there, 'ferryctl clean' removes them\n`;
  assert.ok(broken.stderr.includes(kept), broken.stderr);
  assert.equal(partialsOf(host).length, 1);
  // The sums are wrong, so all of it is fetched again, and is still not what they say.
  const wrong = await host.ferryctl(['pull-raw', '-m', '--verify=checksum', url, 'x']);
  assert.equal(wrong.status, 6);
  assert.match(wrong.stderr, /SHA256SUMS/);
  assert.deepEqual(host.images(), []);
});

test('1 GiB over a connection that is cut every 64 MiB: at most 1 % is fetched twice', async (t) => {
  if (!needsProduct(t)) return;
  const large = new GeneratedContent(1024 * mebibyte, 3);
  await using server = await FaultServer.start();
  const host = await ferryHost(t);
  await pull(host, server.serve('/x.raw', large, { cutEvery: 64 * mebibyte }));
  tally('faults injected', 15);
  assert.equal(ranges(server).length, 16);
  const sent = server.sentFor('/x.raw');
  t.diagnostic(`${sent - large.length} bytes were fetched twice`);
  assert.ok(sent <= large.length * 1.01, `${sent} bytes`);
  await assertPulled(host, large);
});
