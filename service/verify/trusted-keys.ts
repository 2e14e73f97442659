import type { Key } from 'openpgp';
import { Failure } from '../../common/failure.js';
import { escapeText } from '../../varlink/text.js';
import type { Keyring } from './keyrings.js';
import { readOpenpgpKeys } from './keys.js';

/** Keys of all schemes, told apart by their content. */
export interface TrustedKeys {
  readonly openpgp: readonly Key[];
}

/**
 * Reads the keys of all keyrings.
 *
 * @throws Failure VerificationFailed for a file without a key, or whose armor is damaged
 */
export async function readTrustedKeys(keyrings: readonly Keyring[]): Promise<TrustedKeys> {
  const all = await Promise.all(keyrings.map(readKeyring));
  return { openpgp: all.flatMap(({ openpgp }) => openpgp) };
}

async function readKeyring(keyring: Keyring): Promise<TrustedKeys> {
  const keys = { openpgp: await readOpenpgpKeys(keyring) };
  if (Object.values(keys).some((list) => list.length > 0)) return keys;
  const message = `The keyring ${escapeText(keyring.path)} contains no key that can be read.`;
  throw new Failure('VerificationFailed', message, { file: keyring.path, expected: null, found: null });
}
