import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/*
 * A certificate (RFC 5280) and detached signatures (RFC 5652) in DER, as `openssl cms -sign` makes them.
 */

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts);
const set = (...parts: Buffer[]) => tagged(0x31, ...parts);
const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const bits = (bytes: Buffer) => tagged(0x03, Buffer.of(0), bytes);
const utcTime = (text: string) => tagged(0x17, Buffer.from(text));

const version = (number: number) => tagged(0x02, Buffer.of(number));
const sha256 = sequence(oid('608648016503040201'));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const data = oid('2a864886f70d010701');
const signedData = oid('2a864886f70d010702');
const contentType = sequence(oid('2a864886f70d010903'), set(data));
const messageDigest = oid('2a864886f70d010904');
const commonName = oid('550403');

/** A throw-away P-256 key with a certificate that it has issued itself. */
export class CmsKey {
  readonly #private: KeyObject;
  readonly #serial: Buffer;
  readonly #name: Buffer;
  readonly #certificate: Buffer;

  constructor(name: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#private = privateKey;
    const info = publicKey.export({ type: 'spki', format: 'der' });
    // Positive, and not longer than needed.
    this.#serial = tagged(0x02, Buffer.of(1), createHash('sha256').update(info).digest().subarray(0, 8));
    this.#name = sequence(set(sequence(commonName, tagged(0x0c, Buffer.from(name)))));
    const validity = sequence(utcTime('200101000000Z'), utcTime('491231235959Z'));
    const names = [this.#name, validity, this.#name];
    const body = sequence(tagged(0xa0, version(2)), this.#serial, ecdsaWithSha256, ...names, info);
    this.#certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, privateKey)));
  }

  /** The certificate, PEM. */
  certificateFile(): Buffer {
    const lines = this.#certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
    return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  }

  /** What messages call it. */
  get fingerprint(): string {
    return createHash('sha256').update(this.#certificate).digest('hex').toUpperCase();
  }

  /** A detached signature. */
  sign(content: Buffer): Buffer {
    const digest = tagged(0x04, createHash('sha256').update(content).digest());
    const attributes = [contentType, sequence(messageDigest, set(digest))];
    const signature = tagged(0x04, sign('sha256', set(...attributes), this.#private));
    const issuer = sequence(this.#name, this.#serial);
    const signer = sequence(version(1), issuer, sha256, tagged(0xa0, ...attributes), ecdsaWithSha256, signature);
    const certificates = tagged(0xa0, this.#certificate);
    const signed = sequence(version(1), set(sha256), sequence(data), certificates, set(signer));
    return sequence(signedData, tagged(0xa0, signed));
  }
}
