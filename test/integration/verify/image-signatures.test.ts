/** Signatures of container images, which trust entries and callers demand. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { like, re } from '../../support/like.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { signImage, signingKey } from '../../support/registry/signatures.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { demandsSignature, noKeyFor, noneByKey, noneThere, ownAdvice } from '../../support/texts/signatures.js';
import { demandsMoreOfImage, namesNoRegistry } from '../../support/texts/trust.js';
import { smallImage } from '../oci/scene.js';

/** Root can become a user that no password file knows; an ordinary user tests as itself. */
const ordinaryUser = process.getuid?.() === 0 ? { user: 54321 } : {};
const key = signingKey();
const stranger = signingKey();
const { image } = smallImage();
const { digest } = image.manifest;

/** A user, a registry with a signed and an unsigned image, and keys in files. */
async function setScene(t: TestContext) {
  const registry = await FakeRegistry.start();
  t.after(() => registry[Symbol.asyncDispose]());
  const signed = `${registry.push('team/signed', image, 'latest')}`;
  const unsigned = registry.push('team/unsigned', image, 'latest');
  signImage(registry, 'team/signed', image, key);
  const user = ferryUser(t, ordinaryUser);
  const [keyFile, strangers] = [join(user.home, 'cosign.pub'), join(user.home, 'stranger.pub')];
  writeFileSync(keyFile, key.pem);
  writeFileSync(strangers, stranger.pem);
  const pull = (...parameters: string[]) => user.ferryctl(['pull-oci', '--layout=tree', '--force', ...parameters]);
  return { registry, signed, unsigned, user, keyFile, strangers, pull };
}

test('a key that is added for a registry has to have signed all images from there', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, unsigned, user, keyFile, pull } = await setScene(t);
  const added = await user.ferryctl(['trust', 'add', '--yes', `docker://${registry.host}/team`, keyFile]);
  assert.equal(added.status, 0, added.stderr);
  assert.match(added.stdout + added.stderr, new RegExp(key.fingerprint));
  const pulled = await pull(signed, 'x');
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.match(pulled.stderr, new RegExp(`verified by .* of key ${key.fingerprint.slice(0, 16)}`));
  const shown = JSON.parse((await user.ferryctl(['show', '--json=short', 'x'])).stdout);
  const { verification, signedBy } = shown.provenance ?? shown[0].provenance;
  assert.deepEqual({ verification, signedBy }, { verification: 'signature', signedBy: key.fingerprint });
  const path = join(user.home, 'home/.config/ferry/trust.d');
  const refused = await pull(unsigned, 'y');
  assert.equal(refused.status, 6, refused.stderr);
  assert.match(
    refused.stderr,
    like`${demandsSignature(`${unsigned}:latest`, `the trust entry ${path}/${re(/[^ ]+\.conf/)}`, noneThere)}${ownAdvice}`,
  );
  assert.equal((await pull('--verify=checksum', unsigned, 'y')).status, 0);
  assert.equal((await pull(`${unsigned}@${digest}`, 'z')).status, 0);
});

test('an entry with Verify=signature lets nobody pull without', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, unsigned, user, keyFile, pull } = await setScene(t);
  const parameters = [
    'trust',
    'add',
    '--yes',
    '--verify=signature',
    '--name=team',
    `docker://${registry.host}`,
    keyFile,
  ];
  assert.equal((await user.ferryctl(parameters)).status, 0);
  assert.equal((await pull(signed, 'x')).status, 0);
  const path = join(user.home, 'home/.config/ferry/trust.d/team.conf');
  const refused = await pull('--verify=checksum', unsigned, 'y');
  assert.equal(refused.status, 6, refused.stderr);
  assert.match(refused.stderr, like`${demandsMoreOfImage(`docker://${unsigned}`, 'checksum', path, 'signature')}`);
});

test('without an entry a signature is looked for if the caller demands it, by the keys that they give', async (t) => {
  if (!needsProduct(t)) return;
  const { signed, keyFile, strangers, pull } = await setScene(t);
  const without = await pull('--verify=signature', signed, 'x');
  assert.equal(without.status, 6, without.stderr);
  assert.match(without.stderr, like`${noKeyFor(`${signed}:latest`, signed)}`);
  assert.equal((await pull(`--keyring=${keyFile}`, signed, 'x')).status, 0);
  const other = await pull(`--keyring=${strangers}`, signed, 'y');
  assert.equal(other.status, 6, other.stderr);
  assert.match(other.stderr, like`${demandsSignature(`${signed}:latest`, '--verify=signature', noneByKey)}`);
});

test('a dry run says who demands which signature, and is refused as the pull would be', async (t) => {
  if (!needsProduct(t)) return;
  const { signed, unsigned, keyFile, pull } = await setScene(t);
  const planned = await pull('--dry-run', `--keyring=${keyFile}`, signed);
  assert.equal(planned.status, 0, planned.stderr);
  assert.match(planned.stdout, new RegExp(`Verified: .* of key ${key.fingerprint}; demanded by --verify=signature`));
  const plain = await pull('--dry-run', signed);
  assert.match(plain.stdout, /Verified: .* no signature is demanded/);
  assert.equal((await pull('--dry-run', `--keyring=${keyFile}`, unsigned)).status, 6);
});

test('ferryctl trust show and check know the keys of container images', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, user, keyFile } = await setScene(t);
  const nothing = await user.ferryctl(['trust', 'show', `docker://${signed}`]);
  assert.match(nothing.stdout, /Entry: +none, no key counts/);
  assert.equal((await user.ferryctl(['trust', 'add', '--yes', `docker://${registry.host}/team`, keyFile])).status, 0);
  const shown = await user.ferryctl(['trust', 'show', `docker://${signed}:latest`]);
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, new RegExp(`sigstore ${key.fingerprint}`));
  const directory = join(user.home, 'home/.config/ferry/trust.d');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'wrong.conf'), `[Trust]\nURL=docker://debian\nURL=docker://r.example.com/a:1\n`);
  const checked = await user.ferryctl(['trust', 'check']);
  assert.match(checked.stdout, like`It has a URL= that ${namesNoRegistry}`);
});
