import { constants, type KeyObject, publicDecrypt, verify as verifyWith } from 'node:crypto';
import { overWeakHash } from '../examine.js';
import type { Algorithm } from './message.js';

/** How a signature is made. */
interface SignatureMethod {
  /** Which keys do so, by node's names of their types. */
  readonly keyTypes: readonly string[];
  /** By node's name; undefined if the digest's algorithm says it. */
  readonly hash?: string;
  /** For node. */
  readonly options?: { readonly padding?: number; readonly saltLength?: number };
}

const digests: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.5', 'md5'],
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
]);

const weakHashes = ['md5', 'sha1'];

/** Node's name of a digest's algorithm; undefined if it is not supported. */
export function digestName({ oid }: Algorithm): string | undefined {
  return digests.get(oid);
}

/** Why a digest by an algorithm cannot be relied on (completes "…, but …"). */
export function digestProblem(name: string | undefined): string | undefined {
  if (name === undefined) return 'but over a hash that is not supported';
  return weakHashes.includes(name) ? overWeakHash(name.toUpperCase()) : undefined;
}

const rsa = { keyTypes: ['rsa'], options: { padding: constants.RSA_PKCS1_PADDING } };
const ecdsa = { keyTypes: ['ec'] };
const pssOid = '1.2.840.113549.1.1.10';

/** RFC 3370, RFC 4055, RFC 5754, RFC 8419. */
const methods: ReadonlyMap<string, SignatureMethod> = new Map<string, SignatureMethod>([
  ['1.2.840.113549.1.1.1', rsa],
  ['1.2.840.113549.1.1.4', { ...rsa, hash: 'md5' }],
  ['1.2.840.113549.1.1.5', { ...rsa, hash: 'sha1' }],
  ['1.2.840.113549.1.1.11', { ...rsa, hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { ...rsa, hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { ...rsa, hash: 'sha512' }],
  ['1.2.840.113549.1.1.14', { ...rsa, hash: 'sha224' }],
  ['1.2.840.10045.2.1', ecdsa],
  ['1.2.840.10045.4.1', { ...ecdsa, hash: 'sha1' }],
  ['1.2.840.10045.4.3.1', { ...ecdsa, hash: 'sha224' }],
  ['1.2.840.10045.4.3.2', { ...ecdsa, hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { ...ecdsa, hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { ...ecdsa, hash: 'sha512' }],
  ['1.3.101.112', { keyTypes: ['ed25519'] }],
  ['1.3.101.113', { keyTypes: ['ed448'] }],
]);

/** How signatures by an algorithm are made; undefined if it is not supported. */
export function methodOf(algorithm: Algorithm): SignatureMethod | undefined {
  if (algorithm.oid !== pssOid) return methods.get(algorithm.oid);
  try {
    return pssMethod(algorithm);
  } catch {
    return undefined;
  }
}

/** RFC 4055 §3.1; what is left out is SHA-1 and its length. */
function pssMethod({ parameters }: Algorithm): SignatureMethod | undefined {
  const field = (number: number) => parameters?.children.find((child) => child.isContext(number))?.child(0);
  const [hash, mask, salt] = [field(0), field(1), field(2)];
  const name = hash ? digests.get(hash.child(0).oid()) : 'sha1';
  const maskName = mask ? digests.get(mask.child(1).child(0).oid()) : 'sha1';
  // Node takes one hash for both.
  if (name === undefined || name !== maskName) return undefined;
  const saltLength = salt ? salt.integer() : 20;
  return {
    keyTypes: ['rsa', 'rsa-pss'],
    hash: name,
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
  };
}

const isPure = ({ keyTypes }: SignatureMethod) => keyTypes.some((type) => type.startsWith('ed'));

/** What a signature says it is of, by whom and how. */
export interface Statement {
  readonly key: KeyObject;
  readonly method: SignatureMethod;
  /** Node's name of the digest's algorithm. */
  readonly hash: string;
  readonly signature: Buffer;
}

/** Whether a signature is of these bytes. */
export function isSignatureOf(bytes: Buffer, { key, method, hash, signature }: Statement): boolean {
  if (!method.keyTypes.includes(key.asymmetricKeyType ?? '')) return false;
  const own = isPure(method) ? null : (method.hash ?? hash);
  try {
    return verifyWith(own, bytes, { key, ...method.options }, signature);
  } catch {
    return false;
  }
}

/**
 * Whether a signature is of content with this digest. Node verifies no digests; for RSA what was signed can be had out of
 * the signature (RFC 8017 §9.2).
 *
 * @returns undefined if only the content itself could tell
 */
export function isSignatureOfDigest(digest: Buffer, { key, method, hash, signature }: Statement): boolean | undefined {
  if (method.options?.padding !== constants.RSA_PKCS1_PADDING) return undefined;
  if (key.asymmetricKeyType !== 'rsa') return false;
  try {
    const signed = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return signed.equals(Buffer.concat([digestHeader(hash, digest.length), digest]));
  } catch {
    return false;
  }
}

/** What stands before a digest of the SHA-2 family: `DigestInfo` up to its bytes. */
function digestHeader(hash: string, length: number): Buffer {
  const last = { sha256: 1, sha384: 2, sha512: 3, sha224: 4 }[hash] ?? 0;
  const algorithm = [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last, 0x05, 0x00];
  return Buffer.from([0x30, algorithm.length + 2 + length, ...algorithm, 0x04, length]);
}
