import type { Key, SignaturePacket, Subkey } from 'openpgp';
import { escapeText } from '../../varlink/text.js';
import type { SignatureFinding } from './detached.js';
import { dateOf, endsSoon } from './expiry.js';
import { openpgp } from './library.js';

/** The digest that a signature is held against, or why it cannot be computed (completes "…, but …"). */
export type SignedDigest = Buffer | string;

// Clocks differ; a file that was signed a moment ago is not from the future.
const clockTolerance = 10 * 60 * 1000;

/** Examines one signature of a digest by the keys at hand. Everything is judged as of `now`. */
export async function examine(
  signature: SignaturePacket,
  digest: SignedDigest,
  keys: readonly Key[],
  now: Date,
): Promise<SignatureFinding> {
  const keyId = signature.issuerKeyID.toHex().toUpperCase();
  const findings: SignatureFinding[] = [];
  for (const key of keys) {
    for (const signing of key.getKeys(signature.issuerKeyID)) {
      findings.push(await examineBy(signature, digest, key, signing, now));
    }
  }
  // The same key may be in several keyrings, in one of them prolonged or revoked since.
  const revoked = findings.find((finding) => finding.kind === 'unreliable' && finding.reason.includes('revoked'));
  const good = findings.find(({ kind }) => kind === 'good');
  return revoked ?? good ?? findings[0] ?? { kind: 'unknown', keyId };
}

async function examineBy(
  signature: SignaturePacket,
  digest: SignedDigest,
  key: Key,
  signing: Key | Subkey,
  now: Date,
): Promise<SignatureFinding> {
  const keyId = signing.getKeyID().toHex().toUpperCase();
  const user = escapeText(key.getUserIDs()[0] ?? 'no user ID');
  const by = `key ${keyId} (${user})`;
  const mismatch = await contentProblem(signature, digest, signing);
  if (mismatch !== undefined)
    return mismatch === '' ? { kind: 'bad', by } : { kind: 'unreliable', by, reason: mismatch };
  const reason = signatureProblem(signature, signing, now, await openpgp()) ?? (await keyProblem(key, signing, now));
  if (reason !== undefined) return { kind: 'unreliable', by, reason };
  const fingerprint = key.getFingerprint().toUpperCase();
  const subkey = 'mainKey' in signing ? signing.getFingerprint().toUpperCase() : undefined;
  const created = signature.created ?? undefined;
  const end = await endOf(key, signing, now);
  const notice = endsSoon(end, now)
    ? `signed by ${by}, which expires on ${dateOf(end)}; look for a newer keyring`
    : undefined;
  return { kind: 'good', signer: { scheme: 'openpgp', fingerprint, subkey, keyId, user, created }, notice };
}

/** undefined: the signature is of this content. Empty: of other content. */
async function contentProblem(
  signature: SignaturePacket,
  digest: SignedDigest,
  signing: Key | Subkey,
): Promise<string | undefined> {
  const { config } = await openpgp();
  const { signatureType: type } = signature;
  if (typeof digest === 'string') return digest;
  if (type === null) throw new Error('a signature without a type');
  const lenient = { ...config, rejectHashAlgorithms: new Set<never>(), rejectMessageHashAlgorithms: new Set<never>() };
  // As OpenPGP.js itself does where it has hashed beforehand; the declared type lacks it.
  Object.assign(signature, { hashed: digest });
  try {
    // The null date leaves its age to be judged by us; the declared type lacks it.
    await signature.verify(signing.keyPacket, type, undigested, null as unknown as Date, true, lenient);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return /digest did not match|verification failed/i.test(text) ? '' : `but cannot be verified: ${escapeText(text)}`;
  }
}

/** Stands for the data. Nothing may be read from it, or a change in OpenPGP.js has made it hash by itself. */
const undigested = {
  getBytes: (): never => {
    throw new Error('the signed content was to be hashed again');
  },
  text: null,
};

type OpenPgp = Awaited<ReturnType<typeof openpgp>>;

function signatureProblem(
  signature: SignaturePacket,
  signing: Key | Subkey,
  now: Date,
  library: OpenPgp,
): string | undefined {
  const { config, enums } = library;
  const { created, hashAlgorithm } = signature;
  if (hashAlgorithm === null || config.rejectMessageHashAlgorithms.has(hashAlgorithm)) {
    const name = hashAlgorithm === null ? 'no known hash' : enums.read(enums.hash, hashAlgorithm).toUpperCase();
    return overWeakHash(name);
  }
  if (!created || created < signing.getCreationTime()) return 'but before that key was made';
  if (created.getTime() > now.getTime() + clockTolerance) {
    return `but on ${day(created)}, which is in the future: is the clock of this host right?`;
  }
  const end = signature.getExpirationTime();
  return end instanceof Date && end <= now ? `but with a signature that expired on ${day(end)}` : undefined;
}

/** Why no signature by a key, or by a part of it, is valid (completes "key X, which …"); undefined if they are. */
export async function keyProblem(key: Key, signing: Key | Subkey, now: Date): Promise<string | undefined> {
  const { config } = await openpgp();
  // Weak is what OpenPGP.js says is weak, except that secp256k1, which it only finds exotic, is taken as gpgv takes it.
  const policy = { ...config, rejectCurves: new Set<never>() };
  const revoked = await revocation(key, signing, now);
  if (revoked) return revoked;
  const end = await endOf(key, signing, now);
  if (end && end <= now) return `which expired on ${day(end)}`;
  try {
    const usable = await key.getSigningKey(signing.getKeyID(), now, undefined, policy);
    return usable.getFingerprint() === signing.getFingerprint() ? undefined : 'which is not meant for signing';
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const { algorithm, bits } = signing.getAlgorithmInfo();
    if (/too weak/.test(text)) return `which is too weak (${algorithm}${bits ? `, ${bits} bits` : ''})`;
    return `which cannot be used for signing: ${escapeText(text)}`;
  }
}

async function revocation(key: Key, signing: Key | Subkey, now: Date): Promise<string | undefined> {
  if (!(await isRevokedAt(key, signing, now))) return undefined;
  const isWhole = await key.isRevoked(undefined, undefined, now);
  const [certificate] = isWhole ? key.revocationSignatures : signing.revocationSignatures;
  const on = certificate?.created ? ` on ${day(certificate.created)}` : '';
  const why = certificate?.reasonForRevocationString;
  return `which was revoked${on}${why ? ` (${escapeText(why)})` : ''}`;
}

/** Whether a key is revoked, or a part of it. */
export async function isRevokedAt(key: Key, part: Key | Subkey, now: Date): Promise<boolean> {
  if (await key.isRevoked(undefined, undefined, now)) return true;
  if (!('mainKey' in part)) return false;
  const results = part.bindingSignatures.map((binding) => part.isRevoked(binding, part.mainKey.keyPacket, now));
  return (await Promise.all(results)).some((isRevoked) => isRevoked);
}

/** When a part of a key expires, or with it the whole; undefined if never. */
export async function endOf(key: Key, part: Key | Subkey, now: Date): Promise<Date | undefined> {
  const own = 'mainKey' in part ? await part.getExpirationTime(now) : undefined;
  const dates = [await key.getExpirationTime(), own].filter((date) => date instanceof Date);
  return dates.sort((one, other) => one.getTime() - other.getTime())[0];
}

/** That a hash can be forged (completes "…, but …"). */
export function overWeakHash(name: string): string {
  return `but over a ${name} hash, which can be forged`;
}

/** A day as messages have it. */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
