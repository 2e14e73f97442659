import type { DetachedSignature } from './detached.js';
import { readMinisignSignature } from './minisign/signature.js';
import { readOpenpgpSignature } from './openpgp-signature.js';
import type { TrustedKeys } from './trusted-keys.js';

/** Reads a detached signature of any scheme; undefined if it is not one. */
export async function readSignature(file: Buffer, keys: TrustedKeys): Promise<DetachedSignature | undefined> {
  return readMinisignSignature(file, keys.minisign) ?? (await readOpenpgpSignature(file, keys.openpgp));
}
