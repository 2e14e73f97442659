import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import { type Image, makeImage, makeIndex, makeLayer } from '../../../../support/registry/images.js';
import {
  attach,
  bundleManifest,
  type KeyKind,
  messageBundle,
  payloadOf,
  type SignaturePlace,
  signBytes,
  signImage,
  signingKey,
  simpleManifest,
  simpleSignature,
  statementBundle,
} from '../../../../support/registry/signatures.js';
import { demandsSignature, noneByKey } from '../../../../support/texts/signatures.js';
import { doesNotCount } from '../../../../support/texts/trust.js';
import { advice, demandOf, signersIn, subjectIn } from './judging.js';

const image = makeImage({ layers: [makeLayer([{ path: 'a', content: 'a' }])] });
const { digest } = image.manifest;
const key = signingKey();
const stranger = signingKey();
const places: readonly SignaturePlace[] = ['tag', 'referrers', 'fallback'];

async function registryWith(served: Image = image): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  registry.push('a/b', served, 'latest');
  return registry;
}

for (const kind of ['P-256', 'P-384', 'P-384 with SHA-256', 'ed25519', 'RSA'] satisfies KeyKind[]) {
  test(`A signature as cosign makes it counts, by ${kind}`, async () => {
    await using registry = await registryWith();
    const signer = signingKey(kind);
    signImage(registry, 'a/b', image, signer);
    assert.deepEqual(await signersIn(registry, [demandOf([stranger, signer])]), [signer.fingerprint]);
  });
}

for (const place of places) {
  test(`A simple signature counts that a registry has as ${place}`, async () => {
    await using registry = await registryWith();
    const signature = simpleSignature(key, { reference: `${registry.host}/a/b`, digest });
    attach(registry, 'a/b', image, place, [simpleManifest([signature])]);
    assert.deepEqual(await signersIn(registry, [demandOf([key])]), [key.fingerprint]);
  });
  if (place === 'tag') continue;
  const bundles = {
    'an in-toto statement': statementBundle(key, digest),
    'the manifest itself': messageBundle(key, image.manifest.bytes),
  };
  for (const [what, bundle] of Object.entries(bundles)) {
    test(`A bundle that signs ${what} counts, as ${place}`, async () => {
      await using registry = await registryWith();
      attach(registry, 'a/b', image, place, [bundleManifest(image.manifest, bundle)]);
      assert.deepEqual(await signersIn(registry, [demandOf([key])]), [key.fingerprint]);
    });
  }
}

test('A signature over the index counts, and one over the manifest that is chosen from it', async () => {
  for (const signed of [makeIndex([image]), image]) {
    await using registry = await registryWith(makeIndex([image]));
    signImage(registry, 'a/b', signed, key);
    assert.deepEqual(await signersIn(registry, [demandOf([key])]), [key.fingerprint]);
  }
});

test('Without a demand nobody looks for signatures', async () => {
  await using registry = await registryWith();
  assert.deepEqual(await signersIn(registry, []), []);
  assert.deepEqual(registry.requestsFor('referrers'), []);
  assert.deepEqual(registry.requestsFor('.sig'), []);
});

test('All demands have to be met, by as many keys as they say', async () => {
  await using registry = await registryWith();
  const reference = `${registry.host}/a/b`;
  const both = [key, stranger].map((each) => simpleSignature(each, { reference, digest }));
  attach(registry, 'a/b', image, 'tag', [simpleManifest(both)]);
  const demands = [demandOf([key]), demandOf([stranger, key], { requireSigners: 2 })];
  assert.deepEqual(await signersIn(registry, demands), [key.fingerprint, stranger.fingerprint]);
  await assert.rejects(signersIn(registry, [demandOf([stranger]), demandOf([signingKey()])]), /none of its signatures/);
});

test('A fingerprint in an entry says which of its keys has to have signed', async () => {
  await using registry = await registryWith();
  signImage(registry, 'a/b', image, key);
  const named = demandOf([key, stranger], { fingerprints: [key.fingerprint] });
  assert.deepEqual(await signersIn(registry, [named]), [key.fingerprint]);
  await assert.rejects(signersIn(registry, [{ ...named, fingerprints: [stranger.fingerprint] }]), {
    message: `${demandsSignature(subjectIn(registry), 'the entry', noneByKey)}${advice}`,
  });
  await assert.rejects(signersIn(registry, [{ ...named, fingerprints: ['A'.repeat(64)] }]), {
    message: `${demandsSignature(subjectIn(registry), 'the entry', 'none of its keys has a fingerprint that it names')}${advice}`,
  });
});

test('A signature counts although another place fails, or has one that does not', async () => {
  await using registry = await registryWith();
  signImage(registry, 'a/b', image, stranger);
  const [wrong, right] = [stranger, key].map((each) => bundleManifest(image.manifest, statementBundle(each, digest)));
  const lost = bundleManifest(image.manifest, Buffer.from('lost'));
  assert.ok(wrong !== undefined && right !== undefined);
  attach(registry, 'a/b', image, 'referrers', [wrong, lost, right]);
  registry.server.serve(`/v2/a/b/manifests/${lost.manifest.digest}`, '', { status: 404 });
  assert.deepEqual(await signersIn(registry, [demandOf([key])]), [key.fingerprint]);
});

test('Of 1000 signatures the first 100 are looked at, and no more asked for', async () => {
  await using registry = await registryWith();
  const reference = `${registry.host}/a/b`;
  const many = Array.from({ length: 1000 }, (_, index) => {
    const payload = payloadOf({ reference: `${reference}-${index}`, digest });
    return { payload, signature: signBytes(stranger, payload) };
  });
  const good = simpleSignature(key, { reference, digest });
  attach(registry, 'a/b', image, 'tag', [simpleManifest([...many, good])]);
  await assert.rejects(signersIn(registry, [demandOf([key])]), {
    message: `${demandsSignature(subjectIn(registry), 'the entry', `${noneByKey} (it has more than 100 signatures, and only the first are looked at)`)}${advice}`,
  });
  assert.equal(registry.requestsFor('/blobs/').length, 100);
});

const weak = signingKey('RSA', 1024);
const keys: [what: string, text: string, reason: string][] = [
  [
    'holds keys of another scheme',
    'untrusted comment: x\nRWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n',
    'none of its keys is a sigstore key (PEM)',
  ],
  ['holds an RSA key of 1024 bits', weak.pem, doesNotCount(`key ${weak.fingerprint}`, 'is an RSA key of 1024 bits')],
];
for (const [what, text, reason] of keys) {
  test(`An image is refused where the keyring ${what}`, async () => {
    await using registry = await registryWith();
    signImage(registry, 'a/b', image, key);
    await assert.rejects(signersIn(registry, [demandOf([text])]), new RegExp(reason.replace(/[()]/g, '\\$&')));
  });
}
