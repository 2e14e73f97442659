import { createHash, generateKeyPairSync, type KeyObject, sign as signWith } from 'node:crypto';
import { sshString } from '../../../service/verify/openssh/wire.js';
import { payload, principal } from './openssh.js';

/** The armored signature with one byte of the signature itself, or of what stands before it, changed. */
export function spoil(armored: Buffer, at: number): Buffer {
  const bytes = unarmor(armored);
  bytes.writeUInt8(bytes.readUInt8(bytes.length + at) ^ 1, bytes.length + at);
  return armor(bytes);
}

export function unarmor(armored: Buffer): Buffer {
  return Buffer.from(armored.toString().replaceAll(/-----.*-----/g, ''), 'base64');
}

export function armor(bytes: Buffer): Buffer {
  const base64 = bytes.toString('base64').replaceAll(/.{70}/g, '$&\n');
  return Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${base64}\n-----END SSH SIGNATURE-----\n`);
}

/** A signature as PROTOCOL.sshsig describes it, by whatever `signBlob` does. */
export function craft(
  blob: Buffer,
  signBlob: (data: Buffer) => Buffer,
  { namespace = 'file', hash = 'sha512' } = {},
): Buffer {
  const digest = createHash(hash).update(payload).digest();
  const common = [sshString(namespace), sshString(''), sshString(hash)];
  const data = Buffer.concat([Buffer.from('SSHSIG'), ...common, sshString(digest)]);
  const version = Buffer.from([0, 0, 0, 1]);
  return armor(Buffer.concat([Buffer.from('SSHSIG'), version, sshString(blob), ...common, sshString(signBlob(data))]));
}

/** A security key in software: what the token does with what it is given (PROTOCOL.u2f). */
export class Token {
  readonly type: string;
  readonly blob: Buffer;
  readonly #key: KeyObject;

  constructor(isEcdsa: boolean) {
    const pair = isEcdsa ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
    const [left, right] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    this.#key = pair.privateKey;
    this.type = isEcdsa ? 'sk-ecdsa-sha2-nistp256@openssh.com' : 'sk-ssh-ed25519@openssh.com';
    const point = isEcdsa ? ['nistp256', Buffer.concat([Buffer.from([4]), left, right])] : [left];
    this.blob = Buffer.concat([this.type, ...point, 'ssh:'].map(sshString));
  }

  get line(): string {
    return `${this.type} ${this.blob.toString('base64')}`;
  }

  sign(flags: number, signedFlags = flags): Buffer {
    return craft(this.blob, (data) => {
      const hash = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
      const counter = [0, 0, 0, 7];
      const signed = Buffer.concat([hash('ssh:'), Buffer.from([signedFlags, ...counter]), hash(data)]);
      const encoded = this.#signature(signed);
      return Buffer.concat([sshString(this.type), sshString(encoded), Buffer.from([flags, ...counter])]);
    });
  }

  #signature(signed: Buffer): Buffer {
    if (this.type.includes('ed25519')) return signWith(null, signed, this.#key);
    const raw = signWith('sha256', signed, { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return Buffer.concat([raw.subarray(0, 32), raw.subarray(32)].map(mpint).map(sshString));
  }
}

export function mpint(magnitude: Buffer): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const stripped = magnitude.subarray(start);
  return (stripped[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), stripped]) : stripped;
}

export const tokens = { ed25519: new Token(false), ecdsa: new Token(true) };
export const tokenLine = (token: Token) => () => `${principal} ${token.line}\n`;
