import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getAttribute } from '../../../linux/attributes.js';
import { isPartialName, type PartialRecord } from '../../../service/images/pristine/partial.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { needsPeer } from '../../support/peer/peer.js';
import { FaultServer, type Faults } from '../../support/servers/fault-server.js';
import { GeneratedContent } from '../../support/servers/generated-content.js';
import { place, startService } from '../../support/service/daemons.js';
import { type FerryHost, ferryHost, type HostOptions, needsProduct } from '../../support/service/ferry-host.js';
import { untilGone, workersOf } from '../../support/service/workers.js';
import { tally } from '../../support/tally.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { thatFollowKept } from '../../support/texts/client.js';
import { cannotBeResumed, connectionWasClosed } from '../../support/texts/downloads.js';
import { waitFor, waitWhile } from '../../support/wait.js';
import { runInPeer } from '../varlink/peer-program.js';

const mebibyte = 1024 * 1024;
/** Where the server goes silent, or cuts. */
const silentAt = 70 * mebibyte;
/** What is safe on the disk then. */
const safe = 64 * mebibyte;
const disk = new GeneratedContent(80 * mebibyte);
const brokeOff = `broke off after ${silentAt} of ${disk.length} bytes: ${connectionWasClosed}.`;
const ofUser = 'user.ferry.partial';
const attribute = process.getuid?.() === 0 ? 'trusted.ferry.partial' : ofUser;

function partialsOf(host: FerryHost): string[] {
  return host.images().filter(isPartialName);
}

/** The record of the partial download, as soon as it says that so many bytes are safe. */
async function recordOf(host: FerryHost, offset: number): Promise<PartialRecord> {
  return waitFor(() => {
    const [name] = partialsOf(host);
    const path = join(host.imageRoot, name ?? '.');
    const text = getAttribute(path, attribute) ?? getAttribute(path, ofUser);
    const record: PartialRecord | null = text === undefined ? null : JSON.parse(text.toString());
    return record !== null && record.offset >= offset ? record : undefined;
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: mebibyte })) hash.update(chunk);
  return hash.digest('hex');
}

/** Pulls until the server goes silent, and takes the service's life then. Gives back the partial file's path. */
async function interrupt(host: FerryHost, url: string, options: readonly string[] = []): Promise<string> {
  const pulling = host.ferryctl(['pull-raw', '-m', '--verify=no', ...options, url, 'x']);
  await recordOf(host, safe);
  const workers = workersOf(host.service.pid ?? 0).map(({ pid }) => pid);
  host.service.kill('SIGKILL');
  await Promise.all([pulling, once(host.service, 'exit')]);
  // They die with the service, a moment later: until then the next one takes what they hold for that of a running transfer.
  await untilGone(workers);
  tally('faults injected');
  const [name = ''] = partialsOf(host);
  return join(host.imageRoot, name);
}

interface Interrupted {
  server: FaultServer;
  url: string;
  /** The partial file. */
  partial: string;
  /** A new service on the same directory. */
  host: FerryHost;
}

/** A pull whose service was killed, and the service that comes after it. */
async function interrupted(t: TestContext, faults: Faults = {}, options: HostOptions = {}): Promise<Interrupted> {
  const place = { imageRoot: temporaryDirectory(t).path, ...options };
  const server = await FaultServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  const url = server.serve('/x.raw', disk, { stallAt: silentAt, ...faults });
  const first = await ferryHost(t, place);
  const partial = await interrupt(first, url);
  const host = await ferryHost(t, place);
  return { server, url, partial, host };
}

function imageRequests(server: FaultServer) {
  return server.requests.filter(({ url }) => url === '/x.raw');
}

function ranges(server: FaultServer): (string | undefined)[] {
  return imageRequests(server).map(({ headers }) => headers.range);
}

async function pull(host: FerryHost, url: string, ...options: string[]): Promise<string> {
  const unverified = options.includes('--verify=checksum') ? [] : ['--verify=no'];
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '-N', ...unverified, ...options, url, 'x']);
  assert.equal(status, 0, stderr);
  return stderr;
}

async function assertPulled(host: FerryHost, content = disk): Promise<void> {
  assert.deepEqual(host.images(), ['x.raw']);
  assert.equal(await sha256Of(join(host.imageRoot, 'x.raw')), content.sha256);
}

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

const month = 30 * 24 * 3600 * 1000;
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
  assert.equal(status, 1);
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
  assert.equal(broken.status, 1);
  assert.ok(broken.stderr.includes(`The download of ${url} ${brokeOff} Try again.\n`), broken.stderr);
  const kept = `${safe} of ${disk.length} bytes of the download are kept: the same pull goes on there, 'ferryctl clean' removes them\n`;
  assert.ok(broken.stderr.includes(kept), broken.stderr);
  assert.equal(partialsOf(host).length, 1);
  // The sums are wrong, so all of it is fetched again, and is still not what they say.
  const wrong = await host.ferryctl(['pull-raw', '-m', '--verify=checksum', url, 'x']);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /SHA256SUMS/);
  assert.deepEqual(host.images(), []);
});

test('a transfer that is cancelled leaves nothing', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  const host = await ferryHost(t);
  const url = server.serve('/x.raw', disk, { stallAt: silentAt });
  const pulling = host.ferryctl(['pull-raw', '-m', '--verify=no', url, 'x']);
  await recordOf(host, safe);
  assert.equal((await host.ferryctl(['cancel-transfer', '1'])).status, 0);
  tally('faults injected');
  assert.equal((await pulling).status, 1);
  assert.deepEqual(host.images(), []);
});

test('--no-resume neither leaves a beginning nor uses one, and a cut is the end', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url } = await interrupted(t);
  await pull(host, url, '--no-resume');
  assert.deepEqual(ranges(server), [undefined, undefined]);
  assert.equal(await sha256Of(join(host.imageRoot, 'x.raw')), disk.sha256);
  assert.equal(partialsOf(host).length, 1);
  await host.ferryctl(['clean']);
  const cut = server.serve('/y.raw', disk, { cutAt: silentAt });
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '--verify=no', '--no-resume', cut, 'y']);
  tally('faults injected');
  assert.equal(status, 1);
  assert.ok(stderr.includes(`The download of ${cut} ${brokeOff} Try again.\n`), stderr);
  assert.deepEqual(host.images(), ['x.raw']);
});

test('clean lists and removes beginnings; the start of the service leaves them, but for old ones', async (t) => {
  if (!needsProduct(t)) return;
  const here = place(t);
  const images = here.directory.file('state', 'machines');
  mkdirSync(images);
  const { host, partial } = await interrupted(t, {}, { imageRoot: images });
  const shown = await host.ferryctl(['clean', '--dry-run', '--json=short']);
  const { bytes, ...leftover } = JSON.parse(shown.stdout)[0];
  assert.deepEqual(leftover, { path: partial, reason: 'partial' });
  assert.equal(bytes, statSync(partial).blocks * 512);
  const [stale, copy] = [join(images, '.#ferry-raw-0123456789abcdef'), `${partial.slice(0, -4)}beef`];
  for (const path of [stale, copy]) copyFileSync(partial, path);
  const old = new Date(Date.now() - month);
  utimesSync(copy, old, old);
  startService(t, here, ['--user', `--listen=${here.socket}`]);
  await waitWhile(() => existsSync(stale) || existsSync(copy));
  assert.equal(partialsOf(host).length, 1);
  const { stdout } = await host.ferryctl(['clean']);
  assert.match(stdout, /\.#partial-[0-9a-f]{32} +partial +/);
  assert.deepEqual(host.images(), []);
});

test('a plan says where the pull would go on, and keeps no pull from it', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url } = await interrupted(t);
  const rows: [faults: Faults, options: string[], download: string][] = [
    [{}, [], `${thatFollowKept('16M', '64M')}, uncompressed`],
    [{}, ['--no-resume'], '80M, uncompressed'],
    [{ etags: ['"two"'] }, [], '80M, uncompressed'],
    [{ ignoreRange: true }, [], '80M, uncompressed'],
  ];
  for (const [faults, options, download] of rows) {
    server.serve('/x.raw', disk, faults);
    const plan = ['pull-raw', '-m', '--verify=no', '--dry-run', ...options, url, 'x'];
    const { status, stdout, stderr } = await host.ferryctl(plan);
    assert.deepEqual([status, stderr], [0, ''], JSON.stringify(faults));
    assert.equal(/^ *Download: (.*)$/m.exec(stdout)?.[1], download, JSON.stringify(faults));
  }
  const { stdout } = await host.ferryctl(['pull-raw', '-m', '--verify=no', '--dry-run', '-j', url, 'x']);
  const { resumesAt, bytes } = JSON.parse(stdout);
  assert.deepEqual([resumesAt, bytes], [null, disk.length]);
  server.serve('/x.raw', disk);
  const asked = ranges(server).length;
  await pull(host, url);
  assert.deepEqual(ranges(server).slice(asked), [`bytes=${safe}-`]);
  await assertPulled(host);
});

test('of two pulls of one URL one has the beginning, and both get their image', async (t) => {
  if (!needsProduct(t)) return;
  const { host, server, url } = await interrupted(t);
  const names = ['x', 'y', 'z'];
  const pulls = await Promise.all(
    names.map((name) => host.ferryctl(['pull-raw', '-m', '--verify=no', '-N', url, name])),
  );
  for (const { status, stderr } of pulls) assert.equal(status, 0, stderr);
  assert.deepEqual(host.images(), ['x.raw', 'y.raw', 'z.raw']);
  assert.deepEqual(ranges(server).filter(Boolean), [`bytes=${safe}-`]);
  for (const name of names) assert.equal(await sha256Of(join(host.imageRoot, `${name}.raw`)), disk.sha256);
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
