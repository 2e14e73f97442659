import type { DetachedSignature } from './detached.js';
import { readMinisignSignature } from './minisign/signature.js';
import { readOpenpgpSignature } from './openpgp-signature.js';
import { readOpensshSignature } from './openssh/signature.js';
import { readPkcs7Signature } from './pkcs7/signature.js';
import type { TrustedKeys } from './trusted-keys.js';

/** Reads a detached signature of any scheme; undefined if it is not one. */
export async function readSignature(file: Buffer, keys: TrustedKeys): Promise<DetachedSignature | undefined> {
  return (
    readMinisignSignature(file, keys.minisign) ??
    readOpensshSignature(file, keys.openssh) ??
    (await readPkcs7Signature(file, keys.certificates)) ??
    (await readOpenpgpSignature(file, keys.openpgp))
  );
}
