import type { DetachedSignature } from './detached.js';
import { readOpenpgpSignature } from './openpgp-signature.js';
import type { TrustedKeys } from './trusted-keys.js';

/** Reads a detached signature of any scheme; undefined if it is not one. */
export async function readSignature(file: Buffer, keys: TrustedKeys): Promise<DetachedSignature | undefined> {
  return await readOpenpgpSignature(file, keys.openpgp);
}
