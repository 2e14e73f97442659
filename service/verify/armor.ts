import { openpgp } from './library.js';

const block = /^-----BEGIN PGP ([A-Z ,/0-9]+)-----[\s\S]*?^-----END PGP \1-----/gm;

/** Whether there is an armored OpenPGP block in it (RFC 9580 §6), other than a clear-signed text. */
export function isArmored(bytes: Buffer): boolean {
  return /^-----BEGIN PGP (?!SIGNED MESSAGE)/m.test(bytes.toString('latin1'));
}

/** Whether it is a clear-signed text (RFC 9580 §7). */
export function isClearSigned(bytes: Buffer): boolean {
  return /^-----BEGIN PGP SIGNED MESSAGE-----/m.test(bytes.toString('latin1'));
}

/**
 * The bytes of all armored blocks, one after the other.
 *
 * @throws Error of OpenPGP.js when one is damaged
 */
export async function dearmor(bytes: Buffer): Promise<Buffer> {
  const { unarmor } = await openpgp();
  const parts: Buffer[] = [];
  for (const [text] of bytes.toString('latin1').matchAll(block)) {
    const { data } = await unarmor(text);
    parts.push(await bytesOf(data));
  }
  return Buffer.concat(parts);
}

// OpenPGP.js declares a stream, and gives a plain array for what was plain text.
async function bytesOf(data: unknown): Promise<Buffer> {
  if (data instanceof Uint8Array) return Buffer.from(data);
  if (!(data instanceof ReadableStream)) throw new Error('an armored block without data');
  const parts: Uint8Array[] = [];
  for await (const part of data) parts.push(part);
  return Buffer.concat(parts);
}
