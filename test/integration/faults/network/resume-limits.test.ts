import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import { place, startService } from '../../../support/service/daemons.js';
import { ferryHost, needsProduct } from '../../../support/service/ferry-host.js';
import { tally } from '../../../support/tally.js';
import { thatFollowKept } from '../../../support/texts/client.js';
import { waitWhile } from '../../../support/wait.js';
import {
  assertPulled,
  brokeOff,
  disk,
  interrupted,
  month,
  partialsOf,
  pull,
  ranges,
  recordOf,
  safe,
  sha256Of,
  silentAt,
} from './resuming.js';

test('a transfer that is cancelled leaves nothing', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  const host = await ferryHost(t);
  const url = server.serve('/x.raw', disk, { stallAt: silentAt });
  const pulling = host.ferryctl(['pull-raw', '-m', '--verify=no', url, 'x']);
  await recordOf(host, safe);
  assert.equal((await host.ferryctl(['cancel-transfer', '1'])).status, 0);
  tally('faults injected');
  assert.equal((await pulling).status, 10);
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
  assert.equal(status, 7);
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
  const time = Number(statSync(partial, { bigint: true }).mtimeNs / 1000n);
  assert.deepEqual(leftover, { path: partial, reason: 'partial', time });
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
