import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { PullParameters } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { messageMax } from '../../../../service/processes/ipc/bounds.js';
import { sha256 } from '../../../support/files.js';
import { needs } from '../../../support/needs.js';
import { needsPeer } from '../../../support/peer/peer.js';
import { KeyRoom } from '../../../support/servers/keys.js';
import { callAs, Running } from '../../../support/service/calls.js';
import { needsService, setStage } from '../../../support/service/stage.js';
import { workersOf } from '../../../support/service/workers.js';
import { waitWhile } from '../../../support/wait.js';
import { runInPeer } from '../../varlink/peer-program.js';
import { changed, disk, etag, onStage, open, type Scene, serveDisk } from './plan-scene.js';

test('a plan says what would be downloaded, and writes nothing', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const url = serveDisk(scene);
  rmSync(scene.host.imageRoot, { recursive: true });
  const { bytesAvailable, ...plan } = await scene.plan(url, { verify: 'checksum' });
  assert.deepEqual(plan, {
    url,
    answeredBy: url,
    bytes: disk.length,
    resumesAt: null,
    compression: 'uncompressed',
    etag,
    lastModified: changed.getTime() * 1000,
    verify: 'checksum',
    checksumFile: 'SHA256SUMS',
    digest: `sha256:${sha256(disk)}`,
    signatureFile: null,
    signedBy: null,
    signerName: null,
    trustEntry: null,
    demandedBy: null,
    trustedKeys: null,
    sidecars: [],
    fromCache: false,
    pristinePath: join(scene.host.imageRoot, `.raw-${escaped(url)}.\\x22first\\x22.raw`),
    path: join(scene.host.imageRoot, 'x.raw'),
    replaces: [],
    waitsFor: null,
    obstacles: [],
  });
  assert.ok(Number(bytesAvailable) > disk.length);
  assert.ok(!existsSync(scene.host.imageRoot));
  assert.equal(scene.web.requests.filter(({ url: path }) => path === '/disk.raw').length, 1);
  assert.deepEqual(workersOf(scene.host.service.pid ?? 0), []);
  assert.deepEqual((await scene.transfers.list({})).transfers, []);
});

/** As a name in an image directory has it. */
function escaped(url: string): string {
  return url.replace(/[^A-Za-z0-9_:-]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}

test('the bytes of an image that is only looked at do not come', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const url = scene.web.serve('/endless.raw', '', { endless: 1 });
  const plan = await scene.plan(url);
  assert.deepEqual([plan.bytes, plan.compression], [null, 'uncompressed']);
});

const planned: [what: string, serve: (scene: Scene) => string, changes: Partial<PullParameters>, facts: object][] = [
  [
    'redirects are followed',
    (scene) => {
      serveDisk(scene);
      return scene.web.serve('/moved.raw', '', { redirect: '/disk.raw' });
    },
    {},
    { bytes: disk.length, etag },
  ],
  [
    'the compression is told by the first bytes',
    ({ web }) => web.serve('/tree.tar', gzipSync(disk)),
    { format: 'tar' },
    { compression: 'gzip', bytes: gzipSync(disk).length },
  ],
  ['an empty file', ({ web }) => web.serve('/empty.raw', ''), {}, { bytes: 0, compression: 'uncompressed' }],
  ['without verification', serveDisk, {}, { verify: 'no', checksumFile: null, digest: null }],
  ['without a kept download', serveDisk, { keepDownload: false }, { pristinePath: null }],
  ['the pristine download only', serveDisk, { name: null, pristineOnly: true }, { path: null }],
  [
    'sidecars',
    (scene) => {
      scene.web.serve('/disk.nspawn', '[Exec]\n');
      scene.web.serve('/disk.roothash', 'ab'.repeat(32));
      scene.web.serve('/disk.roothash.p7s', '<!doctype html>');
      scene.web.serve('/disk.verity', '');
      return serveDisk(scene);
    },
    {},
    { sidecars: ['disk.nspawn', 'disk.roothash'] },
  ],
  [
    'a login in the URL stays with the server',
    (scene) => serveDisk(scene).replace('http://', 'http://joe:secret@'),
    {},
    { bytes: disk.length },
  ],
];
test('what a plan says of', async (t) => {
  if (!needsService(t)) return;
  const stage = await setStage(t);
  for (const [what, serve, changes, facts] of planned) {
    await t.test(what, async (t) => {
      const scene = await onStage(t, stage);
      const plan = await scene.plan(serve(scene), changes);
      assert.deepEqual({ ...plan, ...facts }, plan);
      assert.deepEqual(plan.obstacles, []);
      assert.equal(plan.answeredBy, plan.url.replace('moved.raw', 'disk.raw'));
      assert.doesNotMatch(JSON.stringify(plan), /secret/);
      assert.deepEqual(readdirSync(scene.host.imageRoot), []);
    });
  }
});

test('--force: what would be replaced is listed', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const paths = ['x', 'x.raw'].map((name) => join(scene.host.imageRoot, name));
  mkdirSync(paths[0] ?? '');
  symlinkSync('/nowhere', paths[1] ?? '');
  const plan = await scene.plan(serveDisk(scene), { force: true });
  assert.deepEqual([plan.replaces, plan.obstacles], [paths, []]);
});

test('an obstacle that is longer than a message may be is cut, and the plan is made', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const path = `/${'d'.repeat(3000)}`;
  for (const name of ['SHA256SUMS', 'disk.raw.sha256', 'SHA512SUMS', 'disk.raw.sha512'])
    scene.web.serve(`${path}/${name}`, '', { status: 400 });
  const plan = await scene.plan(scene.web.serve(`${path}/disk.raw`, disk), { verify: 'checksum' });
  const [obstacle] = plan.obstacles;
  assert.deepEqual([plan.obstacles.length, obstacle?.error], [1, 'VerificationFailed']);
  assert.match(obstacle?.message ?? '', /^Cannot verify 'disk\.raw': .*…$/);
  assert.equal(obstacle?.message.length, messageMax);
});

test('what is in the cache would not be downloaded, unless it is not what the checksums say now', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const url = serveDisk(scene);
  const wish = { verify: 'checksum', keepDownload: true } as const;
  const { result } = await scene.transfers.pull({ ...scene.pull(url, 'first'), ...wish });
  const current = await scene.plan(url, wish);
  assert.deepEqual(
    [current.fromCache, current.bytes, current.compression, current.pristinePath],
    [true, 0, null, result?.pristinePath],
  );
  scene.web.serve('/SHA256SUMS', `${'0'.repeat(64)}  disk.raw\n`);
  const outdated = await scene.plan(url, wish);
  assert.deepEqual([outdated.fromCache, outdated.bytes], [false, disk.length]);
});

test('a signature names its file and its key', async (t) => {
  if (!needsService(t) || !needs(t, { programs: ['gpg'] })) return;
  const scene = await open(t);
  using keys = new KeyRoom();
  const key = keys.createKey('trusted@ferry.invalid');
  const url = serveDisk(scene);
  scene.web.serve('/SHA256SUMS.gpg', keys.sign(key, Buffer.from(`${sha256(disk)}  disk.raw\n`)));
  const plan = await scene.plan(url, { verify: 'signature', keyrings: [keys.export([key]).toString('base64')] });
  assert.deepEqual(
    [plan.checksumFile, plan.signatureFile, plan.signedBy, plan.obstacles],
    ['SHA256SUMS', 'SHA256SUMS.gpg', key.fingerprint, []],
  );
  assert.match(plan.signerName ?? '', /trusted@ferry\.invalid/);
});

test('a download under way that the pull would wait for is named, and so is one that makes the same image', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const url = scene.server.serve('/held.raw', disk, 1000);
  const wish = { keepDownload: true };
  const running = await Running.begin(await scene.connect(), scene.pull(url, 'x', wish));
  const other = await scene.plan(url, { name: 'y', ...wish });
  assert.deepEqual([other.waitsFor, other.obstacles], [running.id, []]);
  const same = await scene.plan(url, wish);
  assert.deepEqual(
    same.obstacles.map(({ error }) => error),
    ['TransferInProgress'],
  );
  scene.server.open('/held.raw');
  await running.done;
});

test('a caller who hangs up leaves no process', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const url = scene.web.serve('/silent.raw', disk, { stallAt: 0 });
  const client = await scene.connect();
  const asked = client.call('io.ferry.Transfer.Plan', scene.pull(url, 'x'));
  asked.catch(() => {});
  await waitWhile(() => scene.web.requests.length === 0, 5);
  client.close();
  await waitWhile(() => workersOf(scene.host.service.pid ?? 0).length > 0, 5);
});

test('a plan needs the rights of a pull', async (t) => {
  if (!needsService(t, 'socat')) return;
  const scene = await open(t);
  const url = serveDisk(scene);
  const { imageRoot: _, ...wish } = scene.pull(url, 'x');
  const { error } = callAs(65534, scene.host.socket, 'io.ferry.Transfer.Plan', wish);
  assert.match(error ?? '', /PermissionDenied|InteractiveAuthenticationRequired/);
  assert.deepEqual(scene.web.requests, []);
});

test('varlinkctl asks for a plan', async (t) => {
  if (!needsService(t) || !needsPeer(t)) return;
  const scene = await open(t);
  const wish = JSON.stringify(scene.pull(serveDisk(scene), 'x'));
  const call = ['varlinkctl', '--json=short', 'call', `unix:${scene.host.socket}`, 'io.ferry.Transfer.Plan', wish];
  const { status, stdout, stderr } = await runInPeer(call);
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout).bytes, disk.length);
});

test('--dry-run shows the plan, and fails where the pull would', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const url = serveDisk(scene);
  const fine = await scene.host.ferryctl(['--dry-run', '--verify=checksum', 'pull-raw', url]);
  assert.equal(fine.status, 0, fine.stderr);
  assert.equal(fine.stderr, '');
  assert.match(fine.stdout, /^ +Download: 292\.9K, uncompressed$/m);
  assert.match(fine.stdout, /^ +Verification: checksum in SHA256SUMS$/m);
  assert.match(fine.stdout, /^ +Last changed: Tue 2026-02-03 04:05:06 UTC$/m);
  const json = await scene.host.ferryctl(['--dry-run', '--verify=checksum', '-j', 'pull-raw', url]);
  assert.equal(JSON.parse(json.stdout).digest, `sha256:${sha256(disk)}`);
  mkdirSync(join(scene.host.imageRoot, 'disk'));
  const taken = await scene.host.ferryctl(['--dry-run', '--verify=no', 'pull-raw', url]);
  assert.equal(taken.status, 4);
  assert.match(taken.stderr, /^The pull would fail: The image 'disk' exists already/);
  assert.match(taken.stdout, /^ +Image: .*disk\.raw$/m);
  assert.deepEqual(readdirSync(scene.host.imageRoot), ['disk']);
});
