import type { Key, LiteralDataPacket, SignaturePacket, Subkey } from 'openpgp';
import { escapeText } from '../../varlink/text.js';
import { openpgp } from './library.js';

/** The key that made a good signature. */
export interface Signer {
  /** Of the primary key, in upper-case hexadecimal. */
  readonly fingerprint: string;
  /** Of the key or subkey that signed: the last 16 digits of its fingerprint, in upper case. */
  readonly keyId: string;
  /** User ID, escaped for display. */
  readonly user: string;
  /** When it was signed. */
  readonly created: Date;
}

/** What is to be said of one signature. */
export type SignatureFinding =
  | { readonly kind: 'good'; readonly signer: Signer }
  /** Made by a key that is in no keyring. */
  | { readonly kind: 'unknown'; readonly keyId: string }
  /** By a trusted key, of other content. */
  | { readonly kind: 'bad'; readonly by: string }
  /** By a trusted key and of this content, but not to be relied on; `reason` completes "…, which …" or "…, but …". */
  | { readonly kind: 'unreliable'; readonly by: string; readonly reason: string };

// Clocks differ; a file that was signed a moment ago is not from the future.
const clockTolerance = 10 * 60 * 1000;

/** Examines one signature of some data by the keys at hand. Everything is judged as of `now`. */
export async function examine(
  signature: SignaturePacket,
  data: LiteralDataPacket,
  keys: readonly Key[],
  now: Date,
): Promise<SignatureFinding> {
  const keyId = signature.issuerKeyID.toHex().toUpperCase();
  const findings: SignatureFinding[] = [];
  for (const key of keys) {
    for (const signing of key.getKeys(signature.issuerKeyID)) {
      findings.push(await examineBy(signature, data, key, signing, now));
    }
  }
  // The same key may be in several keyrings, in one of them prolonged or revoked since.
  const revoked = findings.find((finding) => finding.kind === 'unreliable' && finding.reason.includes('revoked'));
  const good = findings.find(({ kind }) => kind === 'good');
  return revoked ?? good ?? findings[0] ?? { kind: 'unknown', keyId };
}

async function examineBy(
  signature: SignaturePacket,
  data: LiteralDataPacket,
  key: Key,
  signing: Key | Subkey,
  now: Date,
): Promise<SignatureFinding> {
  const keyId = signing.getKeyID().toHex().toUpperCase();
  const user = escapeText(key.getUserIDs()[0] ?? 'no user ID');
  const by = `key ${keyId} (${user})`;
  const mismatch = await contentProblem(signature, data, signing);
  if (mismatch !== undefined)
    return mismatch === '' ? { kind: 'bad', by } : { kind: 'unreliable', by, reason: mismatch };
  const reason = signatureProblem(signature, signing, now, await openpgp()) ?? (await keyProblem(key, signing, now));
  if (reason !== undefined) return { kind: 'unreliable', by, reason };
  const fingerprint = key.getFingerprint().toUpperCase();
  return { kind: 'good', signer: { fingerprint, keyId, user, created: signature.created ?? now } };
}

/** undefined: the signature is of this content. Empty: of other content. */
async function contentProblem(
  signature: SignaturePacket,
  data: LiteralDataPacket,
  signing: Key | Subkey,
): Promise<string | undefined> {
  const { config, enums } = await openpgp();
  const { signatureType: type } = signature;
  // Other kinds sign keys, or nothing at all.
  if (type !== enums.signature.binary && type !== enums.signature.text) return 'but is not a signature of a file';
  const lenient = { ...config, rejectHashAlgorithms: new Set<never>(), rejectMessageHashAlgorithms: new Set<never>() };
  try {
    // The null date leaves its age to be judged by us; the declared type lacks it.
    await signature.verify(signing.keyPacket, type, data, null as unknown as Date, true, lenient);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return /digest did not match|verification failed/i.test(text) ? '' : `but cannot be verified: ${escapeText(text)}`;
  }
}

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
    return `but over a ${name} hash, which can be forged`;
  }
  if (!created || created < signing.getCreationTime()) return 'but before that key was made';
  if (created.getTime() > now.getTime() + clockTolerance) {
    return `but on ${day(created)}, which is in the future: is the clock of this host right?`;
  }
  const end = signature.getExpirationTime();
  return end instanceof Date && end <= now ? `but with a signature that expired on ${day(end)}` : undefined;
}

async function keyProblem(key: Key, signing: Key | Subkey, now: Date): Promise<string | undefined> {
  const { config } = await openpgp();
  // Weak is what OpenPGP.js says is weak, except that secp256k1, which it only finds exotic, is taken as gpgv takes it.
  const policy = { ...config, rejectCurves: new Set<never>() };
  const revoked = await revocation(key, signing, now);
  if (revoked) return revoked;
  const expired = await expiry(key, signing, now);
  if (expired) return `which expired on ${day(expired)}`;
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
  const isSubkey = 'mainKey' in signing;
  const isRevoked = await key.isRevoked(undefined, undefined, now);
  const isSubkeyRevoked = isSubkey && (await isSubkeyRevokedAt(signing, now));
  if (!isRevoked && !isSubkeyRevoked) return undefined;
  const [certificate] = isRevoked ? key.revocationSignatures : signing.revocationSignatures;
  const on = certificate?.created ? ` on ${day(certificate.created)}` : '';
  const why = certificate?.reasonForRevocationString;
  return `which was revoked${on}${why ? ` (${escapeText(why)})` : ''}`;
}

async function isSubkeyRevokedAt(subkey: Subkey, now: Date): Promise<boolean> {
  const results = subkey.bindingSignatures.map((binding) => subkey.isRevoked(binding, subkey.mainKey.keyPacket, now));
  return (await Promise.all(results)).some((isRevoked) => isRevoked);
}

async function expiry(key: Key, signing: Key | Subkey, now: Date): Promise<Date | undefined> {
  const own = 'mainKey' in signing ? await signing.getExpirationTime(now) : undefined;
  const dates = [await key.getExpirationTime(), own].filter((date) => date instanceof Date);
  return dates.filter((date) => date <= now).sort((one, other) => one.getTime() - other.getTime())[0];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
