/** Policies for container images, as podman(1) and skopeo(1) have them (containers-policy.json(5)). */

import assert from 'node:assert/strict';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { like, lineLike, re } from '../../support/like.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { makeArtefact } from '../../support/registry/images.js';
import { signImage, signingKey } from '../../support/registry/signatures.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { isNotJson } from '../../support/texts/formats.js';
import {
  cannotReadKeyOf,
  cannotUsePolicy,
  noEntry,
  openpgpDemanded,
  policyAdvice,
  policyDemandsOther,
  policyRejects,
  unknownType,
} from '../../support/texts/policy.js';
import { demandsSignature, isForOther, noneByKey, noneThere } from '../../support/texts/signatures.js';
import { smallImage } from '../oci/scene.js';

/** Root can become a user that no password file knows; an ordinary user tests as itself. */
const ordinaryUser: { readonly user?: number } = process.getuid?.() === 0 ? { user: 54321 } : {};
const key = signingKey();
const stranger = signingKey();
const { image } = smallImage();
const accept = { type: 'insecureAcceptAnything' };
const reject = { type: 'reject' };
const anyTag = { signedIdentity: { type: 'matchRepository' } };

/** A user, a registry with a signed and an unsigned image, and keys in files. */
async function setScene(t: TestContext) {
  const registry = await FakeRegistry.start();
  t.after(() => registry[Symbol.asyncDispose]());
  const signed = `${registry.push('team/signed', image, 'latest')}`;
  const unsigned = `${registry.push('team/unsigned', image, 'latest')}`;
  signImage(registry, 'team/signed', image, key);
  const user = ferryUser(t, ordinaryUser);
  const [keyFile, strangers] = [join(user.home, 'cosign.pub'), join(user.home, 'stranger.pub')];
  writeFileSync(keyFile, key.pem);
  writeFileSync(strangers, stranger.pem);
  const path = join(user.home, 'home/.config/containers/policy.json');
  mkdirSync(dirname(path), { recursive: true });
  if (ordinaryUser.user !== undefined) chownSync(dirname(dirname(path)), ordinaryUser.user, ordinaryUser.user);
  const setPolicy = (policy: unknown) =>
    writeFileSync(path, typeof policy === 'string' ? policy : JSON.stringify(policy));
  const pull = (...parameters: string[]) => user.ferryctl(['pull-oci', '--layout=tree', '--force', ...parameters]);
  const refused = async (pattern: RegExp, ...parameters: string[]) => {
    const { status, stderr } = await pull(...parameters);
    assert.equal(status, 6, stderr);
    assert.match(stderr, pattern);
  };
  return { registry, signed, unsigned, user, keyFile, strangers, path, setPolicy, pull, refused };
}

test('an image is pulled if a key of the policy has signed it, and --verify= does not switch that off', async (t) => {
  if (!needsProduct(t)) return;
  const { signed, unsigned, user, keyFile, path, setPolicy, pull, refused } = await setScene(t);
  setPolicy({ default: [{ type: 'sigstoreSigned', keyPath: keyFile, ...anyTag }] });
  const planned = await pull('--dry-run', signed);
  assert.equal(planned.status, 0, planned.stderr);
  assert.match(planned.stdout, like`Verified: ${re(/ */)}by ${re(/.*/)} ${key.fingerprint}; demanded by ${path}`);
  const pulled = await pull(signed, 'x');
  assert.equal(pulled.status, 0, pulled.stderr);
  const shown = JSON.parse((await user.ferryctl(['show', '--json=short', 'x'])).stdout);
  const { verification, signedBy } = shown.provenance ?? shown[0].provenance;
  assert.deepEqual({ verification, signedBy }, { verification: 'signature', signedBy: key.fingerprint });
  assert.equal((await pull('--verify=signature', signed, 'y')).status, 0);
  assert.equal((await pull(`${signed}@${image.manifest.digest}`, 'y')).status, 0);
  const demands = like`${demandsSignature(`${unsigned}:latest`, `the policy ${path}`, noneThere)}${policyAdvice}`;
  for (const option of ['--dry-run', '--verify=checksum', '--verify=no', '--force'])
    await refused(demands, option, unsigned);
  const byDigest = `${unsigned}@${image.manifest.digest}`;
  await refused(like`${demandsSignature(byDigest, `the policy ${path}`, noneThere)}${policyAdvice}`, byDigest);
});

test('a signature by another key, or for another name, does not satisfy the policy', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, keyFile, strangers, path, setPolicy, pull, refused } = await setScene(t);
  const demands = (reason: string) => like`${demandsSignature(`${signed}:latest`, `the policy ${path}`, reason)}`;
  setPolicy({ default: [{ type: 'sigstoreSigned', keyPath: strangers, ...anyTag }] });
  await refused(demands(noneByKey), signed);
  // Without a rule for the name, the tag has to be signed.
  setPolicy({ default: [{ type: 'sigstoreSigned', keyPath: keyFile }] });
  await refused(demands(isForOther(key.fingerprint, signed)), signed);
  signImage(registry, 'team/signed', image, key, `${signed}:latest`);
  assert.equal((await pull(signed, 'x')).status, 0);
});

test('policy and trust entry have both to be satisfied', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, user, keyFile, strangers, path, setPolicy, pull, refused } = await setScene(t);
  const added = ['trust', 'add', '--yes', `docker://${registry.host}/team`, keyFile];
  assert.equal((await user.ferryctl(added)).status, 0);
  const keyData = Buffer.from(stranger.pem).toString('base64');
  setPolicy({ default: [{ type: 'sigstoreSigned', keyData, ...anyTag }] });
  await refused(like`${demandsSignature(`${signed}:latest`, `the policy ${path}`, noneByKey)}`, signed);
  setPolicy({ default: [{ type: 'sigstoreSigned', keyPaths: [strangers, keyFile], ...anyTag }] });
  const planned = await pull('--dry-run', signed);
  assert.match(planned.stdout, like`demanded by ${re(/[^ ]+\.conf/)}, ${path}`);
  assert.equal((await pull(signed, 'x')).status, 0);
});

test('the most specific scope decides', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, unsigned, path, setPolicy, pull, refused } = await setScene(t);
  setPolicy({ default: [reject], transports: { docker: { [registry.host]: [reject], [signed]: [accept] } } });
  assert.equal((await pull(signed, 'x')).status, 0);
  const rejected = like`${policyRejects(`${unsigned}:latest`, path, `docker: '${registry.host}'`)}`;
  await refused(rejected, unsigned);
  assert.deepEqual(registry.requestsFor('team/unsigned'), [], 'the registry is not asked');
  setPolicy({ default: [accept], transports: { docker: { [`${signed}:latest`]: [reject] } } });
  assert.equal((await pull(unsigned, 'x')).status, 0);
  await refused(like`${policyRejects(`${signed}:latest`, path, `docker: '${signed}:latest'`)}`, signed);
});

test('nothing is pulled under a policy that cannot be used or checked', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, signed, user, path, setPolicy, refused } = await setScene(t);
  setPolicy('{"default": [');
  await refused(like`${cannotUsePolicy(path, isNotJson(re(/.+/)))}`, signed);
  setPolicy({ default: [{ type: 'unheardOf' }] });
  await refused(like`${cannotUsePolicy(path, `default[0].${unknownType('unheardOf')}`)}`, signed);
  setPolicy({ default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k.gpg' }] });
  await refused(like`${policyDemandsOther(`${signed}:latest`, path, openpgpDemanded, 'default')}`, signed);
  const missing = join(user.home, 'missing.pub');
  setPolicy({ default: [{ type: 'sigstoreSigned', keyPath: missing }] });
  await refused(like`${cannotReadKeyOf(missing, path, noEntry)}`, signed);
  assert.deepEqual(registry.requestsFor('team/signed'), [], 'the registry is not asked');
});

test('a disk in a registry is pulled if a key of the policy has signed it', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, user, keyFile, path, setPolicy } = await setScene(t);
  const artefact = makeArtefact([{ content: Buffer.alloc(1024 * 1024, 1), title: 'os.raw' }]);
  for (const name of ['fleet/os', 'fleet/plain']) registry.push(name, artefact, 'latest');
  signImage(registry, 'fleet/os', artefact, key);
  setPolicy({ default: [{ type: 'sigstoreSigned', keyPath: keyFile, ...anyTag }] });
  const url = `oci://${registry.host}/fleet/os`;
  const planned = await user.ferryctl(['pull-raw', '--dry-run', url]);
  assert.equal(planned.status, 0, planned.stderr);
  assert.match(planned.stdout, lineLike`^ *Demanded by: ${path}$`);
  const pulled = await user.ferryctl(['pull-raw', url, 'x']);
  assert.equal(pulled.status, 0, pulled.stderr);
  const plain = `${registry.host}/fleet/plain`;
  const refused = await user.ferryctl(['pull-raw', '--verify=no', `oci://${plain}`, 'y']);
  assert.equal(refused.status, 6, refused.stderr);
  assert.match(refused.stderr, like`${demandsSignature(`${plain}:latest`, `the policy ${path}`, noneThere)}`);
});

test('the policy of the host counts for a user without one, and for disks in registries', async (t) => {
  if (!needsProduct(t)) return;
  const registry = await FakeRegistry.start();
  t.after(() => registry[Symbol.asyncDispose]());
  const user = ferryUser(t, ordinaryUser);
  const path = join(user.home, 'containers/policy.json');
  mkdirSync(dirname(path));
  writeFileSync(path, JSON.stringify({ default: [reject] }));
  const name = `${registry.host}/fleet/os`;
  for (const parameters of [
    ['pull-oci', name],
    ['pull-raw', '--verify=no', `oci://${name}`],
    ['pull-tar', '--dry-run', `oci://${name}`],
  ]) {
    const { status, stderr } = await user.ferryctl([...parameters, 'x']);
    assert.equal(status, 6, stderr);
    assert.match(stderr, like`${policyRejects(`${name}:latest`, path, 'default')}`);
  }
});
