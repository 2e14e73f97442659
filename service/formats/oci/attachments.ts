import { Document } from './document.js';
import { type Descriptor, descriptorOf } from './manifest.js';

/** What an index of referrers says of one of them (image specification 1.1, image index). */
export interface Referrer extends Descriptor {
  readonly artifactType: string | undefined;
  readonly annotations: Document | undefined;
}

/** A layer of a manifest that is not that of an image. */
export interface AttachedLayer extends Descriptor {
  readonly annotations: Document | undefined;
}

/** The predicate of a statement that is a signature, and not an attestation of something else. */
export const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1';
/** What cosign's simple signatures are in: the signature itself is in an annotation. */
export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** Of the manifest that refers to an image by one. */
export const simpleArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[0-9]+|\.v0\.[0-9]+\+json)$/;

/** Whether a media type is that of a sigstore bundle. */
export function isBundleType(mediaType: string): boolean {
  return bundleType.test(mediaType);
}

/** Of one index or manifest. */
const itemsMax = 10_000;

/**
 * Reads what a registry lists as referring to an image.
 *
 * @throws Failure Corrupt when it is not an index
 */
export function parseReferrers(bytes: Buffer, subject: string): Referrer[] {
  return Document.parse(bytes, subject)
    .objects('manifests', itemsMax)
    .map((entry) => ({
      ...descriptorOf(entry),
      artifactType: entry.text('artifactType') || undefined,
      annotations: entry.object('annotations'),
    }));
}

/**
 * Reads the layers of a manifest, whatever they are.
 *
 * @throws Failure Corrupt when it is not one
 */
export function parseAttached(bytes: Buffer, subject: string): AttachedLayer[] {
  return Document.parse(bytes, subject)
    .objects('layers', itemsMax)
    .map((layer) => ({ ...descriptorOf(layer), annotations: layer.object('annotations') }));
}
