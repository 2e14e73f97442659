import type { Key, SignaturePacket } from 'openpgp';
import { enums } from 'openpgp';

/** What is noted of a key that is shipped. */
export interface KeyFacts {
  /** Of the primary key, in upper-case hexadecimal. */
  readonly fingerprint: string;
  /** Fingerprints of the subkeys that sign. */
  readonly subkeys: readonly string[];
  readonly users: readonly string[];
  /** A day, as 2026-11-30. */
  readonly created: string;
  /** The day it expires; null for never. */
  readonly expires: string | null;
}

/**
 * Leaves of a key what verifies signatures: its user IDs with the newest certification by itself, its subkeys that sign, and every
 * revocation.
 */
export function trimKey(key: Key): Key {
  key.users = key.users.filter(({ userID }) => userID !== null);
  for (const user of key.users) {
    user.selfCertifications = newest(user.selfCertifications);
    user.otherCertifications = [];
  }
  for (const subkey of key.subkeys) subkey.bindingSignatures = newest(subkey.bindingSignatures);
  key.subkeys = key.subkeys.filter(({ bindingSignatures: [binding] }) => binding !== undefined && maySign(binding));
  return key;
}

/** Whether it was neither revoked nor expired on a day. */
export async function isUsable(key: Key, date: Date): Promise<boolean> {
  const expires = await key.getExpirationTime();
  return !(await key.isRevoked(undefined, undefined, date)) && (!(expires instanceof Date) || expires > date);
}

/** What sources.json says of a key. */
export async function factsOf(key: Key): Promise<KeyFacts> {
  const expires = await key.getExpirationTime();
  return {
    fingerprint: fingerprintOf(key),
    subkeys: key.subkeys.map((subkey) => subkey.getFingerprint().toUpperCase()),
    users: key.getUserIDs(),
    created: day(key.getCreationTime()),
    expires: expires instanceof Date ? day(expires) : null,
  };
}

export function fingerprintOf(key: Key): string {
  return key.getFingerprint().toUpperCase();
}

/** A keyring that people can read too: each key is an armored block below a line that names it. */
export function keyringOf(keys: readonly Key[]): string {
  return keys.map((key) => `${fingerprintOf(key)} ${key.getUserIDs()[0] ?? ''}\n${key.armor()}`).join('\n');
}

/** RFC 9580 §5.2.3.29. A key without flags may do what its algorithm can. */
function maySign({ keyFlags }: SignaturePacket): boolean {
  return keyFlags === null || ((keyFlags[0] ?? 0) & enums.keyFlags.signData) !== 0;
}

function newest(signatures: readonly SignaturePacket[]): SignaturePacket[] {
  const time = ({ created }: SignaturePacket) => created?.getTime() ?? 0;
  return [...signatures].sort((one, other) => time(other) - time(one)).slice(0, 1);
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
