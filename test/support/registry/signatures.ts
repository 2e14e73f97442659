import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { sha256 } from '../files.js';
import type { FakeRegistry } from './fake-registry.js';
import { type Blob, blobOf, descriptorOf, type Image, mediaTypes } from './images.js';

// Signatures of container images, as `cosign sign --key` makes them.

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** As `cosign generate-key-pair` writes it. */
  readonly pem: string;
  /** SHA-256 of the SubjectPublicKeyInfo, in upper-case hexadecimal. */
  readonly fingerprint: string;
  /** What it signs the hash of, if the scheme does not hash by itself. */
  readonly hash: 'sha256' | 'sha384' | undefined;
}

export type KeyKind = 'P-256' | 'P-384' | 'P-384 with SHA-256' | 'ed25519' | 'RSA';

export function signingKey(kind: KeyKind = 'P-256', bits = 2048): SigningKey {
  const { publicKey, privateKey } = pairOf(kind, bits);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const fingerprint = sha256(publicKey.export({ type: 'spki', format: 'der' })).toUpperCase();
  const hash = kind === 'ed25519' ? undefined : kind === 'P-384' ? 'sha384' : 'sha256';
  return { privateKey, pem, fingerprint, hash };
}

function pairOf(kind: KeyKind, bits: number): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: bits });
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: kind.slice(0, 5) });
}

export function signBytes({ privateKey, hash }: SigningKey, bytes: Buffer): string {
  return sign(hash, bytes, privateKey).toString('base64');
}

export interface PayloadOptions {
  readonly reference: string;
  readonly digest: string;
  readonly type?: string;
}

/** What cosign signs, byte for byte. */
export function payloadOf({ reference, digest, type = 'cosign container image signature' }: PayloadOptions): Buffer {
  const identity = { 'docker-reference': reference };
  const image = { 'docker-manifest-digest': digest };
  return Buffer.from(JSON.stringify({ critical: { identity, image, type }, optional: null }));
}

export interface SimpleSignature {
  readonly payload: Buffer;
  /** In base64. */
  readonly signature: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function simpleSignature(key: SigningKey, options: PayloadOptions): SimpleSignature {
  const payload = payloadOf(options);
  return { payload, signature: signBytes(key, payload) };
}

/** The manifest that cosign keeps signatures in. */
export function simpleManifest(
  signatures: readonly SimpleSignature[],
  more: object = {},
): { manifest: Blob; blobs: Blob[] } {
  const config = blobOf('{"architecture":"","os":"","config":{},"rootfs":{"type":"layers"}}', mediaTypes.config);
  const blobs = signatures.map(({ payload }) => blobOf(payload, 'application/vnd.dev.cosign.simplesigning.v1+json'));
  const layers = signatures.map(({ signature, annotations }, index) => ({
    ...descriptorOf(blobs[index] as Blob),
    annotations: { 'dev.cosignproject.cosign/signature': signature, ...annotations },
  }));
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: descriptorOf(config), layers, ...more };
  return { manifest: blobOf(JSON.stringify(manifest), mediaTypes.manifest), blobs: [config, ...blobs] };
}

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const statementType = 'application/vnd.in-toto+json';

/** Of a public key, as a bundle says who signed. */
export const publicKeyMaterial = { publicKey: { hint: 'hint' }, tlogEntries: [] };

/** What `cosign sign` makes by default since its third version: a statement in an envelope. */
export function statementBundle(
  key: SigningKey,
  digest: string,
  { predicateType = 'https://sigstore.dev/cosign/sign/v1', material = publicKeyMaterial as object } = {},
): object {
  const subject = [{ digest: { [digest.split(':')[0] ?? '']: digest.split(':')[1] }, annotations: {} }];
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate: {} };
  return envelopeBundle(key, Buffer.from(JSON.stringify(statement)), material);
}

/** Anything in an envelope. */
export function envelopeBundle(key: SigningKey, payload: Buffer, material: object = publicKeyMaterial): object {
  const header = `DSSEv1 ${statementType.length} ${statementType} ${payload.length} `;
  const signatures = [{ sig: signBytes(key, Buffer.concat([Buffer.from(header), payload])), keyid: '' }];
  return {
    mediaType: bundleType,
    verificationMaterial: material,
    dsseEnvelope: { payload: payload.toString('base64'), payloadType: statementType, signatures },
  };
}

/** A signature over the bytes of the manifest themselves. */
export function messageBundle(key: SigningKey, bytes: Buffer): object {
  const messageDigest = { algorithm: 'SHA2_256', digest: Buffer.from(sha256(bytes), 'hex').toString('base64') };
  return {
    mediaType: bundleType,
    verificationMaterial: publicKeyMaterial,
    messageSignature: { messageDigest, signature: signBytes(key, bytes) },
  };
}

/** The manifest that refers to an image by a bundle. */
export function bundleManifest(subject: Blob, bundle: object | Buffer): { manifest: Blob; blobs: Blob[] } {
  const blob = blobOf(Buffer.isBuffer(bundle) ? bundle : JSON.stringify(bundle), bundleType);
  const config = blobOf('{}', 'application/vnd.oci.empty.v1+json');
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: bundleType,
    config: descriptorOf(config),
    layers: [descriptorOf(blob)],
    subject: descriptorOf(subject),
  };
  return { manifest: blobOf(JSON.stringify(manifest), mediaTypes.manifest), blobs: [config, blob] };
}

/** The index of what refers to an image. */
export function referrersOf(manifests: readonly Blob[], artifactType: string | undefined = bundleType): Blob {
  const listed = manifests.map((each) => ({ ...descriptorOf(each), ...(artifactType && { artifactType }) }));
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: listed };
  return blobOf(JSON.stringify(index), mediaTypes.index);
}

/** Where a registry has signatures: under the tag that cosign made, listed by itself, or listed under a tag. */
export type SignaturePlace = 'tag' | 'referrers' | 'fallback';

/** Serves what is attached to an image. */
export function attach(
  registry: FakeRegistry,
  repository: string,
  image: Pick<Image, 'manifest'>,
  place: SignaturePlace,
  attached: readonly { manifest: Blob; blobs: readonly Blob[] }[],
): void {
  const { digest } = image.manifest;
  for (const { manifest, blobs } of attached) {
    registry.manifest(repository, manifest.digest, manifest);
    for (const blob of blobs) registry.blob(repository, blob);
  }
  const tag = digest.replace(':', '-');
  const [first] = attached;
  if (place === 'tag' && first !== undefined) registry.manifest(repository, `${tag}.sig`, first.manifest);
  if (place === 'tag') return;
  const type = JSON.stringify(first?.manifest.bytes.toString()).includes('simplesigning')
    ? 'application/vnd.dev.cosign.artifact.sig.v1+json'
    : place === 'fallback'
      ? 'application/vnd.oci.empty.v1+json' // As cosign 3 lists them: that is the type of their configuration.
      : bundleType;
  const index = referrersOf(
    attached.map(({ manifest }) => manifest),
    type,
  );
  if (place === 'fallback') registry.manifest(repository, tag, index);
  else registry.server.serve(`/v2/${repository}/referrers/${digest}`, index.bytes, { etags: ['none'] });
}

/** Signs an image as cosign does, in a registry in memory. */
export function signImage(
  registry: FakeRegistry,
  repository: string,
  image: Pick<Image, 'manifest'>,
  key: SigningKey,
  reference = `${registry.host}/${repository}`,
): void {
  const signature = simpleSignature(key, { reference, digest: image.manifest.digest });
  attach(registry, repository, image, 'tag', [simpleManifest([signature])]);
}
