import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../../support/files.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';
import { digestOfImageOnly } from '../../support/texts/verification.js';
import { disk, given, Scene, sha512, zeros } from './digest-scene.js';

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
    assert.equal(status, 6, stderr);
    const given = ['--digest', `sha256:${sha256(disk)}`, `--verify=${verify}`, '--json=short', url, verify];
    const planned = await user.ferryctl(['pull-raw', '--dry-run', ...given]);
    assert.deepEqual([planned.status, JSON.parse(planned.stdout).obstacles], [0, []], planned.stderr);
    const pulled = await user.ferryctl(['pull-raw', ...given]);
    assert.equal(pulled.status, 0, pulled.stderr);
    assert.equal(JSON.parse(pulled.stdout).verifiedBy, 'digest');
    assert.deepEqual(readFileSync(join(user.imageRoot, `${verify}.raw`)), disk);
    assert.ok(!existsSync(join(user.imageRoot, `${verify}.nspawn`)));
    assert.ok(pulled.stderr.includes(`Left out disk.nspawn: it ${digestOfImageOnly}\n`), pulled.stderr);
  }
});

test('a copy without a sidecar that was left out is not used where that is wanted, now that something vouches for it', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const settings = '[Exec]\nBoot=no\n';
  scene.web.serve('/disk.nspawn', settings);
  const isThere = (name: string) => existsSync(join(scene.host.imageRoot, `${name}.nspawn`));
  for (const name of ['first', 'second']) {
    const { said } = await scene.pull(`--digest=${given}`, scene.url, name);
    assert.ok(said.includes(`Left out disk.nspawn: it ${digestOfImageOnly}\n`), said);
    assert.ok(!isThere(name));
  }
  await scene.pull(`--digest=${given}`, '--verify=no', scene.url, 'third');
  assert.ok(isThere('third'));
  await scene.pull(`--digest=${given}`, '--verify=checksum', '--force', scene.url, 'third');
  assert.ok(!isThere('third'));
  scene.web.serve('/SHA256SUMS', `${sha256(disk)}  disk.raw\n${sha256(settings)}  disk.nspawn\n`);
  await scene.pull('--verify=checksum', scene.url, 'fourth');
  assert.ok(isThere('fourth'), 'a pull without a digest got the incomplete copy');
  assert.equal((await scene.pull(`--digest=${given}`, '--verify=checksum', scene.url, 'fifth')).fromCache, true);
  assert.ok(isThere('fifth'));
});
