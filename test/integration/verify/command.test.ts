import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listsWithoutSignature, serverListsOther } from '../../support/texts/verify.js';
import { VerifyScene, verdicts } from './scene.js';

test('of several images each is told of, and the worst one gives the exit status', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  const { host, release } = scene;
  copyFileSync(join(release.path, 'tiny.raw'), join(host.imageRoot, 'own.raw'));
  const { status, stdout, stderr } = await host.ferryctl(['verify', 'own', 'nope']);
  assert.match(
    stdout,
    /^own: cannot be verified\n {2}record {4}unknown {2}The image has no record of where it came from: nothing can be compared\.\n$/,
  );
  assert.match(stderr, /There is no image 'nope'/);
  assert.notEqual(status, 0);
  assert.notEqual(status, 16);
});

test('--checksum-file= needs --online, before anything is asked', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  const { status, stderr } = await scene.host.ferryctl(['verify', '--checksum-file=SUMS', 'x']);
  assert.match(stderr, /Cannot use --checksum-file= without --online: no checksum file is fetched then/);
  assert.notEqual(status, 0);
});

test('with --online a list that was not asked for a signature says so, and a named one is the only one read', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  const { host, release, server } = scene;
  const pull = ['pull-raw', '-m', '--verify=checksum', `${server.url}/tiny.raw`, 'disk'];
  assert.equal((await host.ferryctl(pull)).status, 0);
  const name = scene.pristine().replace(/\.raw$/, '');
  const plain = JSON.parse((await host.ferryctl(['verify', '--online', '-j', name])).stdout)[0].checks[1];
  assert.deepEqual([plain.verdict, plain.message], ['good', listsWithoutSignature('SHA256SUMS')]);
  const other = readFileSync(join(release.path, 'SHA256SUMS'), 'utf8').replaceAll(/^[0-9a-f]{64}/gm, 'f'.repeat(64));
  writeFileSync(join(release.path, 'OTHER'), other);
  const named = await host.ferryctl(['verify', '--online', '--checksum-file=OTHER', '-j', name]);
  assert.equal(named.status, 6, named.stderr);
  const [, check] = JSON.parse(named.stdout)[0].checks;
  assert.match(check.message, new RegExp(`^${serverListsOther('OTHER', 'f{64}', '[0-9a-f]{64}')}$`));
});

test('a list with digests that were not recorded leaves the download unknown', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  const { release } = scene;
  await scene.pull('pull-raw', 'tiny.raw', 'disk');
  const digest = createHash('sha512')
    .update(readFileSync(join(release.path, 'tiny.raw')))
    .digest('hex');
  for (const name of ['SHA256SUMS', 'SHA256SUMS.gpg']) rmSync(join(release.path, name));
  const list = `${digest}  tiny.raw\n`;
  writeFileSync(join(release.path, 'SHA512SUMS'), list);
  writeFileSync(join(release.path, 'SHA512SUMS.gpg'), scene.keys.sign(scene.signer, list));
  const verified = await scene.verify(scene.pristine().replace(/\.raw$/, ''), '--online');
  assert.deepEqual(verdicts(verified), ['pristine good', 'server unknown']);
  assert.equal(
    verified.checks[1]?.message,
    'Cannot compare the download with SHA512SUMS: the digest needed for that was not recorded; pull it again',
  );
});

test('a signature over the image itself vouches for what was recorded of it', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  const { release, keys, signer } = scene;
  for (const name of ['SHA256SUMS', 'SHA256SUMS.gpg']) rmSync(join(release.path, name));
  const image = readFileSync(join(release.path, 'tiny.raw'));
  writeFileSync(join(release.path, 'tiny.raw.sig'), keys.sign(signer, image));
  await scene.pull('pull-raw', 'tiny.raw', 'disk');
  const verified = await scene.verify(scene.pristine().replace(/\.raw$/, ''), '--online');
  assert.deepEqual(verdicts(verified), ['pristine good', 'server good']);
  const [, check] = verified.checks;
  assert.match(check?.message ?? '', /^tiny\.raw\.sig is a signature of the download by key [0-9A-F]{16} \(Release /);
  assert.equal(check?.signedBy, signer.fingerprint);
});

test('an ordinary user verifies what is their own', async (t) => {
  const scene = await VerifyScene.open(t, { user: 1000 });
  if (scene === undefined) return;
  await scene.pull('pull-raw', 'tiny.raw', 'disk');
  const verified = await scene.verify(scene.pristine().replace(/\.raw$/, ''), '--online');
  assert.deepEqual([verified.status, verdicts(verified)], [0, ['pristine good', 'server good']], verified.stderr);
});

test('help says what verify does', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  const { stdout } = await scene.host.ferryctl(['verify', '--help']);
  assert.match(stdout, /Check whether images are still what was signed/);
  assert.match(stdout, /--online +Judge the files that the server has now/);
});
