import type { X509Certificate } from 'node:crypto';
import type { Key, Subkey } from 'openpgp';
import { escapeText } from '../../varlink/text.js';
import type { SignatureScheme } from './detached.js';
import { endOf, isRevokedAt, keyProblem } from './examine.js';
import type { MinisignKey } from './minisign/keys.js';
import { trustedSshProblem } from './openssh/judge.js';
import type { TrustedSshKey } from './openssh/trusted.js';
import { Certificate } from './pkcs7/certificate.js';
import { trustedCertificateProblem } from './pkcs7/chain.js';
import type { SigstoreKey } from './sigstore/keys.js';
import type { TrustedKeys } from './trusted-keys.js';

/** A part of a key that may sign by itself: an OpenPGP primary key or subkey, or all of a key of another scheme. */
export interface KeyPart {
  /** As in Signer. */
  readonly fingerprint: string;
  readonly keyId: string;
  readonly created: Date | undefined;
  /** undefined for one that does not expire. */
  readonly expires: Date | undefined;
  readonly isRevoked: boolean;
  /** Why no signature by it is valid now, completing "key X, which …"; undefined if they are. */
  readonly problem: string | undefined;
}

/** What a user is told of a trusted key. */
export interface KeyDescription extends KeyPart {
  readonly scheme: SignatureScheme;
  /** User ID or comment, escaped for display. */
  readonly user: string;
  readonly subkeys: readonly KeyPart[];
  /**
   * Until when signatures by it or by one of its subkeys are valid; undefined without an end. In the past for a key that is not valid.
   */
  readonly usableUntil: Date | undefined;
}

/** Describes every key, in the order of the keyrings. Everything is judged as of `now`. */
export async function describeKeys(keys: TrustedKeys, now: Date): Promise<KeyDescription[]> {
  const openpgp = await Promise.all(keys.openpgp.map((key) => describeOpenpgp(key, now)));
  const certificates = await Promise.all(keys.certificates.map((certificate) => describeCertificate(certificate, now)));
  return [
    ...openpgp,
    ...keys.minisign.map((key) => describeMinisign(key, now)),
    ...keys.openssh.map((key) => describeOpenssh(key, now)),
    ...certificates.filter((description) => description !== undefined),
    ...keys.sigstore.map((key) => describeSigstore(key, now)),
  ];
}

async function describeOpenpgp(key: Key, now: Date): Promise<KeyDescription> {
  const primary = await partOf(key, key, now);
  const subkeys = await Promise.all(key.subkeys.map((subkey) => partOf(key, subkey, now)));
  return {
    ...primary,
    scheme: 'openpgp',
    user: escapeText(key.getUserIDs()[0] ?? 'no user ID'),
    subkeys,
    usableUntil: latestEnd([primary, ...subkeys], now),
  };
}

async function partOf(key: Key, part: Key | Subkey, now: Date): Promise<KeyPart> {
  return {
    fingerprint: part.getFingerprint().toUpperCase(),
    keyId: part.getKeyID().toHex().toUpperCase(),
    created: part.getCreationTime(),
    expires: await endOf(key, part, now),
    isRevoked: await isRevokedAt(key, part, now),
    problem: await keyProblem(key, part, now),
  };
}

function latestEnd(parts: readonly KeyPart[], now: Date): Date | undefined {
  const usable = parts.filter(({ problem }) => problem === undefined);
  if (usable.some(({ expires }) => expires === undefined)) return undefined;
  const ends = (usable.length > 0 ? usable : parts).flatMap(({ expires }) => expires?.getTime() ?? []);
  return new Date(usable.length > 0 ? Math.max(...ends) : Math.min(now.getTime(), ...ends));
}

function describeMinisign({ scheme, id, comment }: MinisignKey, now: Date): KeyDescription {
  return describeWhole({ scheme, fingerprint: id, user: comment }, now);
}

function describeOpenssh(trusted: TrustedSshKey, now: Date): KeyDescription {
  const { key, user, validAfter, validBefore } = trusted;
  const problem = trustedSshProblem(trusted, now);
  const { fingerprint } = key;
  return describeWhole(
    { scheme: 'openssh', fingerprint, user, created: validAfter, expires: validBefore, problem },
    now,
  );
}

async function describeCertificate({ raw }: X509Certificate, now: Date): Promise<KeyDescription | undefined> {
  const certificate = await Certificate.read(raw);
  if (!certificate) return undefined;
  const { fingerprint, subject, validFrom, validTo } = certificate;
  const problem = trustedCertificateProblem(certificate, now);
  return describeWhole(
    { scheme: 'pkcs7', fingerprint, user: subject, created: validFrom, expires: validTo, problem },
    now,
  );
}

function describeSigstore({ fingerprint, problem }: SigstoreKey, now: Date): KeyDescription {
  return describeWhole({ scheme: 'sigstore', fingerprint, user: '', problem }, now);
}

interface WholeKey {
  readonly scheme: SignatureScheme;
  readonly fingerprint: string;
  readonly user: string;
  readonly created?: Date | undefined;
  readonly expires?: Date | undefined;
  readonly problem?: string | undefined;
}

/** Describes a key without parts. */
function describeWhole({ scheme, fingerprint, user, created, expires, problem }: WholeKey, now: Date): KeyDescription {
  const part = { fingerprint, keyId: fingerprint, created, expires, isRevoked: false, problem };
  return { ...part, scheme, user, subkeys: [], usableUntil: latestEnd([part], now) };
}
