import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { needsPeer } from '../../support/peer/peer.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { makeRelease } from '../../support/servers/release.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import {
  byGivenDigest,
  digestGivenDiffers,
  digestOfImageOnly,
  digestOfWrongLength,
  digestUnusable,
  twoDigests,
} from '../../support/texts/verification.js';
import { runInPeer } from '../varlink/peer-program.js';
import { disk, given, Scene, sha512, zeros } from './digest-scene.js';

const sidecars = ['/disk.nspawn', '/disk.roothash', '/disk.roothash.p7s', '/disk.verity'];

test('a digest of the caller verifies an image that has no checksum file, whatever --verify= asks for', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const forms = [
    given,
    given.toUpperCase(),
    ` sha512=${sha512(disk)} `,
    `sha256-${Buffer.from(sha256(disk), 'hex').toString('base64')}`,
  ];
  for (const [index, form] of forms.entries())
    for (const verify of [[], ['--verify=signature'], ['--verify=checksum'], ['--verify=no']]) {
      const name = `image${index}${verify}`.replace('--verify=', '-');
      const {
        verifiedBy,
        signedBy,
        sha256: found,
        said,
      } = await scene.pull('-N', `--digest=${form}`, ...verify, scene.url, name);
      assert.deepEqual([verifiedBy, signedBy, found], ['digest', null, sha256(disk)]);
      assert.ok(said.includes(`(verified ${byGivenDigest})`), said);
      assert.deepEqual(scene.image(`${name}.raw`), disk);
      assert.deepEqual(scene.asked().sort(), ['/disk.raw', ...sidecars].sort());
    }
});

test('other bytes than those of the digest place nothing, with --verify=no too', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/SHA256SUMS', `${sha256(disk)}  disk.raw\n`);
  for (const verify of ['signature', 'checksum', 'no']) {
    const message = await scene.refusal(`--digest=sha256:${zeros}`, `--verify=${verify}`, scene.url, 'x');
    assert.equal(message, `Failed to pull the image: ${digestGivenDiffers('disk.raw', 'sha256', zeros, sha256(disk))}`);
  }
  const spoilt = Buffer.from(disk);
  spoilt[123_456] = (spoilt[123_456] ?? 0) ^ 1;
  for (const [path, bytes] of [
    ['/disk.raw', spoilt],
    ['/disk.raw.gz', gzipSync(spoilt)],
  ] as const) {
    scene.web.serve(path, bytes);
    const right = path.endsWith('gz') ? sha256(gzipSync(disk)) : sha256(disk);
    assert.equal(
      await scene.refusal(`--digest=sha256:${right}`, '-N', scene.web.url(path), 'x'),
      `Failed to pull the image: ${digestGivenDiffers(path.slice(1), 'sha256', right, sha256(bytes))}`,
    );
  }
});

test('the fragment of the URL gives the digest, is no part of the name, and must agree with --digest=', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const fragment = `#sha256=${sha256(disk)}`;
  assert.equal((await scene.pull(`${scene.url}${fragment}`)).verifiedBy, 'digest');
  assert.deepEqual(scene.image('disk.raw'), disk);
  assert.equal((await scene.pull(`--digest=${given}`, `${scene.url}${fragment}`, 'again')).fromCache, true);
  const refused: [status: number, parameters: string[], message: string][] = [
    [
      14,
      [`${scene.url}#sha256=${zeros.slice(1)}`],
      `${digestUnusable(`${scene.url}#sha256=${zeros.slice(1)}`, digestOfWrongLength('sha256', 64, 63))}.`,
    ],
    [
      14,
      [`--digest=sha256:${zeros}`, `${scene.url}${fragment}`],
      `${twoDigests(`${scene.url}${fragment}`, `sha256:${zeros}`, given)}.`,
    ],
    [
      2,
      ['--digest=sha256:12', scene.url],
      `Cannot use 'sha256:12' for --digest=: ${digestOfWrongLength('sha256', 64, 2)}.`,
    ],
    [
      6,
      [`${scene.url}#sha256=${zeros}`, 'x'],
      `Failed to pull the image: ${digestGivenDiffers('disk.raw', 'sha256', zeros, sha256(disk))}`,
    ],
  ];
  for (const [status, parameters, message] of refused)
    assert.equal(await scene.failure(status, ...parameters), message);
  // Any other fragment is still ignored.
  assert.equal((await scene.pull('--verify=no', `${scene.url}#part=1`, 'other')).verifiedBy, 'no');
});

test('a digest is checked of a download that goes on where an earlier one stopped', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const url = scene.web.serve('/broken.raw', disk, { etags: ['"strong"'], cutAt: 100_000 });
  assert.equal((await scene.pull('-N', `--digest=${given}`, url, 'whole')).verifiedBy, 'digest');
  assert.deepEqual(scene.image('whole.raw'), disk);
  scene.web.serve('/broken.raw', disk, { etags: ['"strong"'], cutAt: 100_000 });
  assert.match(await scene.refusal('-N', `--digest=sha256:${zeros}`, url, 'x'), /the digest given is sha256:0000/);
});

test('--dry-run shows the digest, and a plan over Varlink has it', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const planned = await scene.ferryctl('--dry-run', `--digest=${given}`, scene.url, 'x');
  assert.equal(planned.status, 0, planned.stderr);
  assert.ok(planned.stdout.includes(`Verification: ${byGivenDigest}\n`), planned.stdout);
  assert.match(planned.stdout, new RegExp(`Digest: ${given}\\n`));
  await scene.pull(`--digest=${given}`, scene.url, 'x');
  scene.asked();
  const cached = await scene.ferryctl('--dry-run', '--json=short', `${scene.url}#sha256=${sha256(disk)}`, 'y');
  const { verify, digest, checksumFile, fromCache, url } = JSON.parse(cached.stdout);
  assert.deepEqual([verify, digest, checksumFile, fromCache, url], ['digest', given, null, true, scene.url]);
  assert.deepEqual(scene.asked(), []);
});

test('varlinkctl gives a digest, as a field and in the URL', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined || !needsPeer(t)) return;
  const { imageRoot, socket } = scene.host;
  const call = (method: string, parameters: object) => {
    const all = { format: 'raw', class: 'machine', imageRoot, keepDownload: false, ...parameters };
    return runInPeer([
      'varlinkctl',
      '--json=short',
      'call',
      `unix:${socket}`,
      `io.ferry.Transfer.${method}`,
      JSON.stringify(all),
    ]);
  };
  const pulled = await call('Pull', { url: scene.url, name: 'a', digest: given.toUpperCase() });
  assert.equal(JSON.parse(pulled.stdout).result.verifiedBy, 'digest', pulled.stderr);
  const inUrl = await call('Plan', { url: `${scene.url}#sha256=${sha256(disk)}`, name: 'b' });
  assert.equal(JSON.parse(inUrl.stdout).digest, given, inUrl.stderr);
  const refused: [parameters: object, error: RegExp][] = [
    [{ digest: 'sha256:12' }, /Invalid argument/],
    [{ digest: '' }, /Invalid argument/],
    [{ url: `${scene.url}#sha256=12` }, /io\.ferry\.Transfer\.InvalidUrl/],
    [{ url: `${scene.url}#sha256=${zeros}`, digest: given }, /io\.ferry\.Transfer\.InvalidUrl/],
    [{ digest: `sha256:${zeros}` }, /io\.ferry\.Transfer\.VerificationFailed/],
  ];
  for (const [parameters, error] of refused) {
    const outcome = await call('Pull', { url: scene.url, name: 'c', ...parameters });
    assert.notEqual(outcome.status, 0);
    assert.match(outcome.stderr, error);
  }
  assert.deepEqual(scene.host.images(), ['a.raw']);
  const old = await runInPeer([
    'varlinkctl',
    'call',
    '--more',
    `unix:${socket}`,
    'io.systemd.Import.Pull',
    JSON.stringify({
      remote: `${scene.url}#sha256=${zeros}`,
      local: 'd',
      type: 'raw',
      class: 'machine',
      verify: 'no',
      imageRoot,
    }),
  ]);
  assert.notEqual(old.status, 0, 'the digest in the URL was ignored');
  assert.deepEqual(scene.host.images(), ['a.raw']);
});

test('trees and file: URLs have digests, too', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  await using directory = temporaryDirectory();
  const { path } = makeRelease(directory.path);
  rmSync(join(path, 'SHA256SUMS'));
  const digest = sha256(readFileSync(join(path, 'tiny.tar.gz')));
  const url = `file://${path}/tiny.tar.gz`;
  for (const name of ['first', 'second']) {
    const { status, stdout, stderr } = await scene.host.ferryctl([
      'pull-tar',
      '--json=short',
      `${url}#sha256=${digest}`,
      name,
    ]);
    assert.equal(status, 0, stderr);
    assert.deepEqual([JSON.parse(stdout).verifiedBy, JSON.parse(stdout).fromCache], ['digest', name === 'second']);
    assert.equal(readFileSync(join(scene.host.imageRoot, name, 'usr/bin/tool'), 'utf8'), 'first');
  }
  writeFileSync(join(path, 'tiny.tar.gz'), readFileSync(join(path, 'tiny.tar')));
  const other = await scene.host.ferryctl(['pull-tar', `--digest=sha256:${zeros}`, url, 'x']);
  assert.equal(other.status, 6);
  assert.ok(!existsSync(join(scene.host.imageRoot, 'x')));
});

test('an ordinary user without a keyring pulls by a digest', async (t) => {
  if (!needsProduct(t)) return;
  await using web = await FaultServer.start();
  const url = web.serve('/disk.raw', disk);
  const environment = { SYSTEMD_OPENPGP_KEYRING: '/nonexistent/keyring' };
  const stranger = process.getuid?.() === 0 ? { user: 54321 } : {};
  await using user = ferryUser(t, { ...stranger, environment });
  const without = await user.ferryctl(['pull-raw', url]);
  assert.equal(without.status, 6);
  for (const rehearse of [['--dry-run'], []]) {
    const { status, stderr } = await user.ferryctl(['pull-raw', ...rehearse, `--digest=${given}`, url]);
    assert.equal(status, 0, stderr);
  }
  assert.deepEqual(readFileSync(join(user.imageRoot, 'disk.raw')), disk);
});

test('a signature that is bad does not outrank the digest of the caller', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined || !needs(t, { programs: ['gpg'] })) return;
  using keys = new KeyRoom();
  const key = keys.createKey('publisher@ferry.invalid');
  const ring = join(scene.host.home, 'ring.pgp');
  writeFileSync(ring, keys.export([key]));
  scene.web.serve('/SHA256SUMS', `${zeros}  disk.raw\n`);
  scene.web.serve('/SHA256SUMS.gpg', keys.sign(key, 'something else'));
  scene.web.serve('/disk.nspawn', '[Exec]\nBoot=no\n');
  const { verifiedBy, said } = await scene.pull('-N', `--keyring=${ring}`, `--digest=${given}`, scene.url, 'x');
  assert.equal(verifiedBy, 'digest');
  assert.ok(said.includes(`Left out disk.nspawn: it ${digestOfImageOnly}\n`), said);
});
