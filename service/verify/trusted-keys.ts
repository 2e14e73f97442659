import { isUtf8 } from 'node:buffer';
import type { X509Certificate } from 'node:crypto';
import type { Key } from 'openpgp';
import { Failure } from '../../common/failure.js';
import { escapeText } from '../../varlink/text.js';
import type { SignatureScheme } from './detached.js';
import type { Keyring } from './keyrings.js';
import { readOpenpgpKeys } from './keys.js';
import { type MinisignKey, readMinisignKeys } from './minisign/keys.js';
import { readTrustedSshKeys, type TrustedSshKey } from './openssh/trusted.js';
import { readTrustedCertificates } from './pkcs7/trusted.js';
import { readSigstoreKeys, type SigstoreKey } from './sigstore/keys.js';

/** Keys of all schemes, told apart by their content. */
export interface TrustedKeys {
  readonly openpgp: readonly Key[];
  readonly minisign: readonly MinisignKey[];
  readonly openssh: readonly TrustedSshKey[];
  readonly certificates: readonly X509Certificate[];
  readonly sigstore: readonly SigstoreKey[];
}

/**
 * Reads the keys of all keyrings.
 *
 * @throws Failure VerificationFailed for a keyring without a key, or whose armor is damaged, unless it is optional
 */
export async function readTrustedKeys(keyrings: readonly Keyring[]): Promise<TrustedKeys> {
  const all = await Promise.all(keyrings.map(readUnlessOptional));
  return {
    openpgp: all.flatMap(({ openpgp }) => openpgp),
    minisign: all.flatMap(({ minisign }) => minisign),
    openssh: all.flatMap(({ openssh }) => openssh),
    certificates: all.flatMap(({ certificates }) => certificates),
    sigstore: all.flatMap(({ sigstore }) => sigstore),
  };
}

const none: TrustedKeys = { openpgp: [], minisign: [], openssh: [], certificates: [], sigstore: [] };

/** Keys that a host has may be of a kind that cannot be read yet, such as those of post-quantum algorithms. */
async function readUnlessOptional(keyring: Keyring): Promise<TrustedKeys> {
  try {
    return await readKeyring(keyring);
  } catch (error) {
    if (keyring.isOptional === true && error instanceof Failure) return none;
    throw error;
  }
}

async function readKeyring(keyring: Keyring): Promise<TrustedKeys> {
  const text = textOf(keyring.bytes);
  const keys = {
    openpgp: await readOpenpgpKeys(keyring),
    minisign: readMinisignKeys(text),
    openssh: readTrustedSshKeys(text),
    certificates: readTrustedCertificates(keyring.bytes, text),
    sigstore: readSigstoreKeys(text),
  };
  if (Object.values(keys).some((list) => list.length > 0)) return keys;
  const message = `The keyring ${escapeText(keyring.path)} contains no key that can be read.`;
  throw new Failure('VerificationFailed', message, { file: keyring.path });
}

const textMax = 1024 * 1024;

/**
 * The text in a keyring that is one; empty for binary ones. Lines are not looked for in these: a user ID that somebody put into
 * an OpenPGP key or a certificate might be the line of another key.
 */
function textOf(bytes: Buffer): string {
  const isText =
    bytes.length <= textMax && isUtf8(bytes) && !bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32));
  return isText ? bytes.toString() : '';
}

const schemes: { readonly [kind in keyof TrustedKeys]: readonly SignatureScheme[] } = {
  openpgp: ['openpgp'],
  minisign: ['minisign', 'signify'],
  openssh: ['openssh'],
  certificates: ['pkcs7'],
  sigstore: ['sigstore'],
};

/** The schemes that there are keys for. */
export function schemesOf(keys: TrustedKeys): ReadonlySet<SignatureScheme> {
  const kinds = Object.keys(schemes) as (keyof TrustedKeys)[];
  return new Set(kinds.flatMap((kind) => (keys[kind].length > 0 ? schemes[kind] : [])));
}
