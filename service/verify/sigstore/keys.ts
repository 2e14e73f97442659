import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** A public key that signatures of sigstore are made with, as `cosign generate-key-pair` writes it. */
export interface SigstoreKey {
  readonly key: KeyObject;
  /** SHA-256 of its SubjectPublicKeyInfo, in upper-case hexadecimal. */
  readonly fingerprint: string;
  /** Why no signature by it counts, completing "key X, which …"; undefined if they count. */
  readonly problem: string | undefined;
}

const block = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]*-----END PUBLIC KEY-----/g;
/** RSA keys with fewer bits can be broken. */
const rsaBitsMin = 2048;
/** By the name of the curve, how signatures by it are hashed; cosign took SHA-256 for all of them at first. */
const curves: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['sha256'],
  secp384r1: ['sha384', 'sha256'],
  secp521r1: ['sha512', 'sha256'],
};

/**
 * The public keys in a file, in PEM (RFC 7468 §13); none if it is another file. What cannot be read does not spoil the others.
 *
 * @param text what the file holds if it is a text
 */
export function readSigstoreKeys(text: string): SigstoreKey[] {
  return (text.match(block) ?? []).map(readKey).filter((key) => key !== undefined);
}

function readKey(pem: string): SigstoreKey | undefined {
  try {
    const key = createPublicKey(pem);
    const info = key.export({ type: 'spki', format: 'der' });
    const fingerprint = createHash('sha256').update(info).digest('hex').toUpperCase();
    return { key, fingerprint, problem: problemOf(key) };
  } catch {
    return undefined;
  }
}

function problemOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === 'rsa') {
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return bits < rsaBitsMin ? `which is an RSA key of ${bits} bits, and can be broken` : undefined;
  }
  if (asymmetricKeyType === 'ed25519') return undefined;
  const curve = asymmetricKeyDetails?.namedCurve;
  if (asymmetricKeyType === 'ec' && curve !== undefined && Object.hasOwn(curves, curve)) return undefined;
  return `which is of the kind ${curve ?? asymmetricKeyType ?? 'unknown'}, and not ECDSA, Ed25519 or RSA as sigstore has it`;
}

/** Whether a key has signed this content. */
export function isSignedBy({ key, problem }: SigstoreKey, content: Buffer, signature: Buffer): boolean {
  if (problem !== undefined) return false;
  try {
    return hashesOf(key).some((hash) => verify(hash, content, key, signature));
  } catch {
    // What has not the form of a signature.
    return false;
  }
}

/** Undefined where the scheme hashes by itself. */
function hashesOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly (string | undefined)[] {
  if (asymmetricKeyType === 'ec') return curves[asymmetricKeyDetails?.namedCurve ?? ''] ?? [];
  return [asymmetricKeyType === 'ed25519' ? undefined : 'sha256'];
}
