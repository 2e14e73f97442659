import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readCertificate, type SshCertificate } from './certificate.js';
import { attempt, SshReader, sshString, unsigned } from './wire.js';

/** A public key, alone or in a certificate. */
export interface SshKey {
  /** The name of its type, without that of a certificate. */
  readonly type: string;
  /** The plain key as SSH writes it. */
  readonly blob: Buffer;
  /** `SHA256:…`, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
  readonly fields: readonly Buffer[];
  readonly certificate: SshCertificate | undefined;
}

/** How many strings the key of each type consists of (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, PROTOCOL.u2f). */
const fieldCounts: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 1],
  ['ssh-rsa', 2],
  ['ecdsa-sha2-nistp256', 2],
  ['ecdsa-sha2-nistp384', 2],
  ['ecdsa-sha2-nistp521', 2],
  ['sk-ssh-ed25519@openssh.com', 2],
  ['sk-ecdsa-sha2-nistp256@openssh.com', 3],
]);

/** Whether keys of this type are read (sshkey_type_from_name). */
export function isKeyType(name: string): boolean {
  return fieldCounts.has(plainType(name));
}

/** The type of a key whose certificate is of type `name` (PROTOCOL.certkeys). */
function plainType(name: string): string {
  const [, type, domain = ''] = /^(.+)-cert-v01(@openssh\.com)$/.exec(name) ?? [];
  if (type === undefined) return name;
  return type.startsWith('sk-') ? `${type}${domain}` : type;
}

/** Reads a public key or certificate; undefined if it is not one, or of a type that is not supported. */
export function readSshKey(bytes: Buffer): SshKey | undefined {
  return attempt(() => {
    const reader = new SshReader(bytes);
    const name = reader.name();
    const type = plainType(name);
    const count = fieldCounts.get(type);
    if (count === undefined) return undefined;
    if (type !== name) reader.string(); // the nonce
    const fields = Array.from({ length: count }, () => reader.string());
    const blob = Buffer.concat([type, ...fields].map(sshString));
    const certificate = type === name ? undefined : readCertificate(bytes, reader);
    reader.end();
    return { type, blob, fingerprint: fingerprintOf(blob), fields, certificate };
  });
}

/** `SHA256:…` of a public key. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** In bits for RSA, where it is what decides how strong a key is; undefined for other types. */
export function rsaBits({ type, fields }: SshKey): number | undefined {
  const modulus = type === 'ssh-rsa' ? attempt(() => unsigned(fields[1] ?? Buffer.alloc(0))) : undefined;
  if (!modulus) return undefined;
  return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
}

/** The number of bytes of a coordinate on a curve. */
export const curveWidths: ReadonlyMap<string, number> = new Map([
  ['nistp256', 32],
  ['nistp384', 48],
  ['nistp521', 66],
]);

/** @throws Error if the numbers make no key */
export function keyObjectOf({ type, fields }: SshKey): KeyObject {
  return createPublicKey({ key: jwkOf(type, fields), format: 'jwk' });
}

function jwkOf(type: string, [first = Buffer.alloc(0), second = Buffer.alloc(0)]: readonly Buffer[]): JsonWebKey {
  if (type === 'ssh-rsa') return { kty: 'RSA', e: base64url(unsigned(first)), n: base64url(unsigned(second)) };
  if (type.includes('ed25519')) return { kty: 'OKP', crv: 'Ed25519', x: base64url(first) };
  const curve = first.toString();
  const width = curveWidths.get(curve);
  if (width === undefined || !type.includes(curve)) throw new RangeError('another curve than its type says');
  if (second.length !== 1 + 2 * width || second[0] !== 4) throw new RangeError('not an uncompressed point');
  const [x, y] = [second.subarray(1, 1 + width), second.subarray(1 + width)];
  return { kty: 'EC', crv: curve.replace('nistp', 'P-'), x: base64url(x), y: base64url(y) };
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
