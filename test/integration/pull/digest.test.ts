/** Pulls whose digest the caller gives: --digest=, the fragment of the URL, and the field of io.ferry.Transfer. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { needsPeer } from '../../support/peer/peer.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { makeRelease } from '../../support/servers/release.js';
import { type FerryHost, ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';
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

const disk = someBytes(300_000);
const given = `sha256:${sha256(disk)}`;
const zeros = '0'.repeat(64);
const sha512 = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');

/** A service, and a server with the disk, which has no checksum file unless a test serves one. */
class Scene {
  private constructor(
    readonly host: FerryHost,
    readonly web: FaultServer,
    readonly url: string,
  ) {}

  static async open(t: TestContext): Promise<Scene | undefined> {
    if (!needsProduct(t)) return undefined;
    const host = await ferryHost(t);
    const web = await FaultServer.start();
    t.after(() => web[Symbol.asyncDispose]());
    return new Scene(host, web, web.serve('/disk.raw', disk, { etags: ['"one"'] }));
  }

  ferryctl(...parameters: string[]) {
    return this.host.ferryctl(['pull-raw', '-m', ...parameters]);
  }

  /** Pulls with success, and gives back the result. */
  async pull(...parameters: string[]): Promise<Record<string, unknown> & { said: string }> {
    const { status, stdout, stderr } = await this.ferryctl('--json=short', ...parameters);
    assert.equal(status, 0, stderr);
    return { ...JSON.parse(stdout), said: stderr };
  }

  /** Pulls without success, and gives back the last line that was said. */
  async refusal(...parameters: string[]): Promise<string> {
    const before = this.host.images();
    const { status, stderr } = await this.ferryctl(...parameters);
    assert.equal(status, 1, stderr);
    assert.deepEqual(this.host.images(), before, 'something was placed');
    return stderr.trimEnd().split('\n').at(-1) ?? '';
  }

  /** What was asked for so far; forgotten afterwards. */
  asked(): string[] {
    return this.web.requests.splice(0).map(({ url }) => url);
  }

  image(name: string): Buffer {
    return readFileSync(join(this.host.imageRoot, name));
  }
}

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
  const refused: [parameters: string[], message: string][] = [
    [
      [`${scene.url}#sha256=${zeros.slice(1)}`],
      `${digestUnusable(`${scene.url}#sha256=${zeros.slice(1)}`, digestOfWrongLength('sha256', 64, 63))}.`,
    ],
    [
      [`--digest=sha256:${zeros}`, `${scene.url}${fragment}`],
      `${twoDigests(`${scene.url}${fragment}`, `sha256:${zeros}`, given)}.`,
    ],
    [
      ['--digest=sha256:12', scene.url],
      `Cannot use 'sha256:12' for --digest=: ${digestOfWrongLength('sha256', 64, 2)}.`,
    ],
    [
      [`${scene.url}#sha256=${zeros}`, 'x'],
      `Failed to pull the image: ${digestGivenDiffers('disk.raw', 'sha256', zeros, sha256(disk))}`,
    ],
  ];
  for (const [parameters, message] of refused) assert.equal(await scene.refusal(...parameters), message);
  // Any other fragment is still ignored.
  assert.equal((await scene.pull('--verify=no', `${scene.url}#part=1`, 'other')).verifiedBy, 'no');
});

test('a copy with the digest is used without asking the server, and vouches for nothing else later', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  await scene.pull(`--digest=${given}`, scene.url, 'first');
  scene.asked();
  for (const [name, verify] of [
    ['second', 'signature'],
    ['third', 'no'],
  ] as const) {
    const again = await scene.pull(`--digest=${given}`, `--verify=${verify}`, scene.url, name);
    assert.deepEqual([again.fromCache, again.verifiedBy, again.sha256], [true, 'digest', sha256(disk)]);
    assert.deepEqual(scene.image(`${name}.raw`), disk);
    assert.deepEqual(scene.asked(), [], 'the server was asked');
  }
  assert.match(
    await scene.refusal('--verify=signature', scene.url, 'x'),
    /^Failed to pull the image: Cannot verify 'disk\.raw'/,
  );
  assert.match(
    await scene.refusal('--verify=checksum', scene.url, 'x'),
    /^Failed to pull the image: Cannot verify 'disk\.raw'/,
  );
  scene.web.serve('/SHA256SUMS', `${sha256(disk)}  disk.raw\n`);
  const listed = await scene.pull('--verify=checksum', scene.url, 'fourth');
  assert.deepEqual([listed.fromCache, listed.verifiedBy], [true, 'checksum']);
  scene.asked();

  // The server has another image by now: whoever wants the old one has it here, and who wants the new one gets that.
  const newer = someBytes(1000);
  scene.web.serve('/disk.raw', newer, { etags: ['"two"'] });
  assert.equal((await scene.pull(`--digest=${given}`, scene.url, 'fifth')).fromCache, true);
  assert.deepEqual(scene.image('fifth.raw'), disk);
  const fresh = await scene.pull(`--digest=sha256:${sha256(newer)}`, scene.url, 'sixth');
  assert.equal(fresh.fromCache, false);
  assert.deepEqual(scene.image('sixth.raw'), newer);
  assert.equal((await scene.pull(`--digest=${given}`, scene.url, 'seventh')).fromCache, true);
});

test('a copy that came unverified has the digest or has not', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  await scene.pull('--verify=no', scene.url, 'first');
  assert.equal((await scene.pull(`--digest=${given}`, scene.url, 'second')).fromCache, true);
  assert.match(await scene.refusal(`--digest=sha256:${zeros}`, scene.url, 'x'), /the digest given is sha256:0000/);
  // Nobody has written down its SHA-512.
  assert.equal((await scene.pull(`--digest=sha512:${sha512(disk)}`, scene.url, 'third')).fromCache, false);
  assert.equal((await scene.pull(`--digest=sha512:${sha512(disk)}`, scene.url, 'fourth')).fromCache, true);
});

test('sidecars are not covered by the digest: left out if nothing vouches for them, refused if they are not what is listed', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const settings = '[Exec]\nBoot=no\n';
  scene.web.serve('/disk.nspawn', settings);
  const leftOut = `Left out disk.nspawn: it ${digestOfImageOnly}\n`;
  for (const verify of ['signature', 'checksum']) {
    const { said } = await scene.pull('-N', `--digest=${given}`, `--verify=${verify}`, scene.url, verify);
    assert.ok(said.includes(leftOut), said);
    assert.ok(!existsSync(join(scene.host.imageRoot, `${verify}.nspawn`)));
  }
  const planned = await scene.ferryctl('--dry-run', '--json=short', `--digest=${given}`, scene.url, 'x');
  assert.equal(planned.status, 0, planned.stderr);
  assert.deepEqual([JSON.parse(planned.stdout).sidecars, JSON.parse(planned.stdout).obstacles], [[], []]);

  const unverified = await scene.pull('-N', `--digest=${given}`, '--verify=no', scene.url, 'no');
  assert.ok(!unverified.said.includes('Left out'), unverified.said);
  assert.equal(scene.image('no.nspawn').toString(), settings);

  scene.web.serve('/SHA256SUMS', `${zeros}  disk.raw\n${sha256(settings)}  disk.nspawn\n`);
  await scene.pull('-N', `--digest=${given}`, '--verify=checksum', scene.url, 'listed');
  assert.equal(scene.image('listed.nspawn').toString(), settings);
  const unsigned = await scene.pull('-N', `--digest=${given}`, '--verify=signature', scene.url, 'unsigned');
  assert.ok(unsigned.said.includes(leftOut), unsigned.said);

  scene.web.serve('/disk.nspawn', '[Exec]\nBoot=yes\n');
  assert.match(
    await scene.refusal('-N', `--digest=${given}`, '--verify=checksum', scene.url, 'x'),
    /'disk\.nspawn' does not match its checksum: SHA256SUMS lists sha256/,
  );
});

test('sidecars that came with a digest are copied later only if they were verified as strictly', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/disk.nspawn', '[Exec]\nBoot=no\n');
  await scene.pull('--keep-download=yes', `--digest=${given}`, '--verify=no', scene.url, 'first');
  const same = await scene.pull(`--digest=${given}`, '--verify=no', scene.url, 'second');
  assert.equal(same.fromCache, true);
  assert.ok(existsSync(join(scene.host.imageRoot, 'second.nspawn')));
  const stricter = await scene.pull(`--digest=${given}`, '--verify=checksum', scene.url, 'third');
  assert.equal(stricter.fromCache, false);
  assert.ok(!existsSync(join(scene.host.imageRoot, 'third.nspawn')));
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
  assert.equal(other.status, 1);
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
  assert.equal(without.status, 1);
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

test('the digest of the caller reaches the minimum of a trust entry, and sidecars have to reach it by themselves', async (t) => {
  if (!needsProduct(t)) return;
  await using web = await FaultServer.start();
  const url = web.serve('/disk.raw', disk, { etags: ['"one"'] });
  web.serve('/disk.nspawn', '[Exec]\nBoot=no\n');
  const environment = { SYSTEMD_OPENPGP_KEYRING: '/var/empty/none.pgp' };
  const stranger = process.getuid?.() === 0 ? { user: 54321 } : {};
  await using user = ferryUser(t, { ...stranger, environment });
  const directory = join(user.home, 'home', '.config', 'ferry', 'trust.d');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'x.conf'), `[Trust]\nURL=${web.url('/')}\nVerify=signature\n`);
  for (const verify of ['no', 'checksum', 'signature']) {
    const { status, stderr } = await user.ferryctl(['pull-raw', `--verify=${verify}`, url, 'without']);
    assert.equal(status, 1, stderr);
    const given = ['--digest', `sha256:${sha256(disk)}`, `--verify=${verify}`, '--json=short', url, verify];
    const planned = await user.ferryctl(['pull-raw', '--dry-run', ...given]);
    assert.deepEqual([planned.status, JSON.parse(planned.stdout).obstacles], [0, []], planned.stderr);
    const pulled = await user.ferryctl(['pull-raw', ...given]);
    assert.equal(pulled.status, 0, pulled.stderr);
    const { verifiedBy, fromCache } = JSON.parse(pulled.stdout);
    assert.deepEqual([verifiedBy, fromCache], ['digest', verify !== 'no'], 'the copy is used that the first pull left');
    assert.deepEqual(readFileSync(join(user.imageRoot, `${verify}.raw`)), disk);
    assert.ok(!existsSync(join(user.imageRoot, `${verify}.nspawn`)));
    if (verify === 'no')
      assert.ok(pulled.stderr.includes(`Left out disk.nspawn: it ${digestOfImageOnly}\n`), pulled.stderr);
  }
});
