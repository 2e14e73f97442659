import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignatureDemand } from '../../../../../service/processes/ipc/messages.js';
import { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import { makeImage, makeLayer } from '../../../../support/registry/images.js';
import {
  attach,
  bundleManifest,
  envelopeBundle,
  messageBundle,
  signImage,
  signingKey,
  simpleManifest,
  simpleSignature,
  statementBundle,
} from '../../../../support/registry/signatures.js';
import { demandsSignature, isForOther, noneByKey, noneThere } from '../../../../support/texts/signatures.js';
import { advice, demandOf, signersIn, subjectIn } from './judging.js';

const image = makeImage({ layers: [makeLayer([{ path: 'a', content: 'a' }])] });
const { digest } = image.manifest;
const other = makeImage({ layers: [makeLayer([{ path: 'b', content: 'b' }])] });
const key = signingKey();
const stranger = signingKey();

async function registryWith(): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  registry.push('a/b', image, 'latest');
  return registry;
}

type Refused = [
  what: string,
  serve: (registry: FakeRegistry) => void,
  reason: string,
  demand?: Partial<SignatureDemand>,
];
const by = isForOther(key.fingerprint, '').split(' is for ')[0];
const simple = (registry: FakeRegistry, more: object = {}) =>
  simpleSignature(key, { reference: `${registry.host}/a/b`, digest, ...more });
const signaturesBeside = (registry: FakeRegistry, ...signatures: ReturnType<typeof simple>[]) =>
  beside(registry, simpleManifest(signatures));
const beside = (registry: FakeRegistry, attached: ReturnType<typeof simpleManifest>) =>
  attach(registry, 'a/b', image, 'tag', [attached]);
const envelope = (statement: object) => envelopeBundle(key, Buffer.from(JSON.stringify(statement)));
const material = { certificate: { rawBytes: 'AAAA' }, tlogEntries: [] };

const refused: Refused[] = [
  ['without any signature', () => {}, noneThere],
  ['signed by another key', (registry) => signImage(registry, 'a/b', image, stranger), noneByKey],
  [
    'with a signature over another image',
    (registry) => signaturesBeside(registry, simple(registry, { digest: other.manifest.digest })),
    `${by} is for ${other.manifest.digest}, and not for this image`,
  ],
  [
    'with a signature over an image of another repository',
    (registry) => signaturesBeside(registry, simple(registry, { reference: 'r.example.com/a/c' })),
    isForOther(key.fingerprint, 'r.example.com/a/c'),
  ],
  [
    'with a signature of another purpose',
    (registry) => signaturesBeside(registry, simple(registry, { type: 'something else' })),
    `${by} cannot be used: Cannot use the signed text: critical.type is not that of a signature over an image`,
  ],
  [
    'with a signature whose base64 is cut off',
    (registry) =>
      signaturesBeside(registry, { ...simple(registry), signature: simple(registry).signature.slice(0, -3) }),
    'a signature cannot be read: Cannot use the signature: it is not base64',
  ],
  [
    'with a signature that is none of the scheme',
    (registry) => signaturesBeside(registry, { ...simple(registry), signature: Buffer.from('x').toString('base64') }),
    noneByKey,
  ],
  [
    'signed without a key',
    (registry) =>
      signaturesBeside(registry, {
        ...simpleSignature(stranger, { reference: `${registry.host}/a/b`, digest }),
        annotations: { 'dev.sigstore.cosign/certificate': 'PEM' },
      }),
    'it is signed only with certificates that were valid for minutes (keyless), and Ferry does not ask the transparency log that could vouch for them',
  ],
  [
    'with a bundle that has a certificate in place of a key',
    (registry) =>
      attach(registry, 'a/b', image, 'referrers', [
        bundleManifest(image.manifest, statementBundle(stranger, digest, { material })),
      ]),
    'it is signed only with certificates that were valid for minutes (keyless), and Ferry does not ask the transparency log that could vouch for them',
  ],
  [
    'with a bundle for another image',
    (registry) =>
      attach(registry, 'a/b', image, 'referrers', [
        bundleManifest(image.manifest, statementBundle(key, other.manifest.digest)),
      ]),
    `${by} is for ${other.manifest.digest}, and not for this image`,
  ],
  [
    'with a bundle over another manifest',
    (registry) =>
      attach(registry, 'a/b', image, 'referrers', [
        bundleManifest(image.manifest, messageBundle(key, other.manifest.bytes)),
      ]),
    noneByKey,
  ],
  [
    'with a bundle that is not JSON',
    (registry) => attach(registry, 'a/b', image, 'referrers', [bundleManifest(image.manifest, Buffer.from('{'))]),
    'a signature cannot be read: Cannot use the bundle: it is not',
  ],
  [
    'with a bundle without a name where one is demanded',
    (registry) =>
      attach(registry, 'a/b', image, 'referrers', [bundleManifest(image.manifest, statementBundle(key, digest))]),
    `${by} names no image, as those in bundles do, and the policy demands a name`,
    { mayBeNameless: false },
  ],
  [
    'with an attestation in place of a signature',
    (registry) =>
      attach(registry, 'a/b', image, 'referrers', [
        bundleManifest(
          image.manifest,
          statementBundle(key, digest, { predicateType: 'https://slsa.dev/provenance/v1' }),
        ),
      ]),
    noneThere,
  ],
  [
    'signed by one key of two',
    (registry) => signaturesBeside(registry, simple(registry), simple(registry)),
    'signatures by 2 keys are required, and 1 counted',
    { requireSigners: 2 },
  ],
  [
    'with a bundle of another type',
    (registry) => beside(registry, bundleManifest(image.manifest, { mediaType: 'x' })),
    'a signature cannot be read: Cannot use the bundle: mediaType is not that of a bundle',
  ],
  [
    'with a statement of another type',
    (registry) => beside(registry, bundleManifest(image.manifest, envelope({ _type: 'x' }))),
    `${by} cannot be used: Cannot use the signed statement: _type is not that of a statement`,
  ],
  [
    'whose signature is not in the registry',
    (registry) => {
      const lost = bundleManifest(image.manifest, statementBundle(key, digest));
      beside(registry, lost);
      registry.server.serve(`/v2/a/b/blobs/${lost.blobs[1]?.digest}`, '', { status: 404 });
    },
    `${noneThere} (the registry does not give a signature: Cannot get the text of a signature: `,
  ],
  [
    'whose manifest of a signature is not in the registry',
    (registry) => {
      const lost = bundleManifest(image.manifest, statementBundle(key, digest));
      attach(registry, 'a/b', image, 'referrers', [lost]);
      registry.server.serve(`/v2/a/b/manifests/${lost.manifest.digest}`, '', { status: 404 });
    },
    `${noneThere} (the registry does not give a signature: Cannot get the manifest of a signature: `,
  ],
  [
    'whose manifest of signatures is not one',
    (registry) =>
      registry.manifest('a/b', `${digest.replace(':', '-')}.sig`, { mediaType: 'x', bytes: Buffer.from('{}') }),
    `${noneThere} (the registry does not give the signatures beside it: Cannot use the manifest of its signatures: layers is missing)`,
  ],
  [
    'whose registry fails when it is asked',
    (registry) => registry.server.serve(`/v2/a/b/referrers/${digest}`, 'broken', { status: 500 }),
    `${noneThere} (the registry does not give what refers to it: `,
  ],
  [
    'whose signatures are too large',
    (registry) =>
      registry.manifest('a/b', `${digest.replace(':', '-')}.sig`, {
        mediaType: 'x',
        bytes: Buffer.alloc(5 * 1024 * 1024),
      }),
    `${noneThere} (the registry does not give the signatures beside it: `,
  ],
  [
    'whose list of signatures is damaged',
    (registry) => registry.server.serve(`/v2/a/b/referrers/${digest}`, '{"manifests":[{"digest":7}]}'),
    `${noneThere} (the registry does not give what refers to it: Cannot use the list of what refers to it: manifests[0].digest is not a string)`,
  ],
];
for (const [what, serve, reason, more] of refused) {
  test(`An image is refused ${what}`, async () => {
    await using registry = await registryWith();
    serve(registry);
    const error = await signersIn(registry, [demandOf([key], more)]).then(
      () => assert.fail('taken'),
      (thrown) => thrown,
    );
    assert.equal(error.kind, 'VerificationFailed');
    const beginning = demandsSignature(subjectIn(registry), 'the entry', reason).replace(/; $/, '');
    assert.equal(error.message.slice(0, beginning.length), beginning);
    assert.ok(error.message.endsWith(`; ${advice}`));
  });
}
