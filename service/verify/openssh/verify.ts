import { createHash, verify as verifyWith } from 'node:crypto';
import { overWeakHash } from '../examine.js';
import { shown } from '../shown.js';
import { curveWidths, keyObjectOf, type SshKey } from './key.js';
import { attempt, SshReader, unsigned } from './wire.js';

/** A signature as SSH writes it (RFC 4253 §6.6). */
interface Parts {
  readonly key: SshKey;
  readonly reader: SshReader;
  readonly data: Buffer;
}

type Check = (parts: Parts) => boolean;

/** By the signature's algorithm: the type of the key, and the check. */
const checks: ReadonlyMap<string, readonly [keyType: string, Check]> = new Map([
  ['ssh-ed25519', ['ssh-ed25519', checkEd25519]],
  ['rsa-sha2-256', ['ssh-rsa', rsaCheck('sha256')]],
  ['rsa-sha2-512', ['ssh-rsa', rsaCheck('sha512')]],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256', ecdsaCheck('nistp256', 'sha256')]],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384', ecdsaCheck('nistp384', 'sha384')]],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521', ecdsaCheck('nistp521', 'sha512')]],
  ['sk-ssh-ed25519@openssh.com', ['sk-ssh-ed25519@openssh.com', checkTokenEd25519]],
  ['sk-ecdsa-sha2-nistp256@openssh.com', ['sk-ecdsa-sha2-nistp256@openssh.com', checkTokenEcdsa]],
]);

/**
 * Verifies a signature of some data by a key.
 *
 * @returns whether it is one, or why it cannot be relied on (completes "…, but …")
 */
export function verifySsh(key: SshKey, signature: Buffer, data: Buffer): boolean | string {
  const reader = new SshReader(signature);
  const algorithm = attempt(() => reader.name());
  if (algorithm === undefined) return false;
  if (algorithm === 'ssh-rsa') return overWeakHash('SHA1');
  const [keyType, check] = checks.get(algorithm) ?? [];
  if (!check) return `but by the algorithm '${shown(algorithm)}', which is not supported`;
  return keyType === key.type && attempt(() => check({ key, reader, data })) === true;
}

function checkEd25519({ key, reader, data }: Parts): boolean {
  const signature = reader.string();
  reader.end();
  return verifyWith(null, data, keyObjectOf(key), signature);
}

function rsaCheck(hash: string): Check {
  return ({ key, reader, data }) => {
    const signature = reader.string();
    reader.end();
    const width = unsigned(key.fields[1] ?? Buffer.alloc(0)).length;
    // Some programs leave out zeros on the left (ssh_rsa_verify).
    const filled = Buffer.concat([Buffer.alloc(Math.max(0, width - signature.length)), signature]);
    return verifyWith(hash, data, keyObjectOf(key), filled);
  };
}

function ecdsaCheck(curve: string, hash: string): Check {
  return ({ key, reader, data }) => {
    const signature = readEcdsa(reader.string(), curve);
    reader.end();
    return verifyWith(hash, data, { key: keyObjectOf(key), dsaEncoding: 'ieee-p1363' }, signature);
  };
}

/** R and S, side by side. */
function readEcdsa(bytes: Buffer, curve: string): Buffer {
  const reader = new SshReader(bytes);
  const width = curveWidths.get(curve) ?? 0;
  const numbers = [reader.string(), reader.string()].map((number) => unsigned(number, width));
  reader.end();
  return Buffer.concat(numbers);
}

function checkTokenEd25519({ key, reader, data }: Parts): boolean {
  const signature = reader.string();
  return verifyWith(null, tokenData(key.fields[1], reader, data), keyObjectOf(key), signature);
}

function checkTokenEcdsa({ key, reader, data }: Parts): boolean {
  const signature = readEcdsa(reader.string(), 'nistp256');
  const signed = tokenData(key.fields[2], reader, data);
  return verifyWith('sha256', signed, { key: keyObjectOf(key), dsaEncoding: 'ieee-p1363' }, signature);
}

/**
 * What a security key signs (PROTOCOL.u2f): with flags and counter, which are signed and, as with ssh-keygen, not judged:
 * whether somebody has to touch the key was decided when it was made.
 */
function tokenData(application: Buffer = Buffer.alloc(0), reader: SshReader, data: Buffer): Buffer {
  const flagsAndCounter = reader.take(5);
  reader.end();
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  return Buffer.concat([hash(application), flagsAndCounter, hash(data)]);
}
