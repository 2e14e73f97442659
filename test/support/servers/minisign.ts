import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A key of minisign or signify, made without their programs. */
export class SmallKey {
  readonly number = randomBytes(8);
  readonly #secret: KeyObject;
  readonly point: Buffer;

  /** @param seed of 32 bytes; another gives another key */
  constructor(seed = randomBytes(32)) {
    const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
    this.#secret = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });
    this.point = createPublicKey(this.#secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  }

  /** As minisign shows the number. */
  get minisignId(): string {
    return Buffer.from(this.number).reverse().toString('hex').toUpperCase();
  }

  /** As usign shows it. */
  get signifyId(): string {
    return this.number.toString('hex').toUpperCase();
  }

  /** The line of a public key file. */
  get line(): string {
    return Buffer.concat([Buffer.from('Ed'), this.number, this.point]).toString('base64');
  }

  publicFile(comment = `minisign public key ${this.minisignId}`): Buffer {
    return Buffer.from(`untrusted comment: ${comment}\n${this.line}\n`);
  }

  /** As `minisign -S` does, with `isLegacy` as `minisign -S -l`. */
  minisign(content: Buffer, comment = 'timestamp:1767312000\tfile:image.raw\thashed', isLegacy = false): Buffer {
    const signature = this.#sign(isLegacy ? content : createHash('blake2b512').update(content).digest());
    const line = Buffer.concat([Buffer.from(isLegacy ? 'Ed' : 'ED'), this.number, signature]).toString('base64');
    const whole = this.#sign(Buffer.concat([signature, Buffer.from(comment)])).toString('base64');
    return Buffer.from(
      `untrusted comment: signature from minisign secret key\n${line}\ntrusted comment: ${comment}\n${whole}\n`,
    );
  }

  /** As `signify -S` does, with `isEmbedded` as `signify -S -e`. */
  signify(content: Buffer, isEmbedded = false): Buffer {
    const line = Buffer.concat([Buffer.from('Ed'), this.number, this.#sign(content)]).toString('base64');
    const header = Buffer.from(`untrusted comment: verify with key.pub\n${line}\n`);
    return isEmbedded ? Buffer.concat([header, content]) : header;
  }

  #sign(content: Buffer): Buffer {
    return sign(null, content, this.#secret);
  }
}
