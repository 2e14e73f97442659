import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A throw-away Ed25519 key that signs as minisign, signify or ssh-keygen do. */
export class Ed25519Key {
  readonly #private: KeyObject;
  readonly #public: Buffer;
  /** Eight bytes that name the key, made up by the programs when it is. */
  readonly id: Buffer;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#private = privateKey;
    // The last 32 bytes of the SubjectPublicKeyInfo are the key itself (RFC 8410).
    this.#public = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    this.id = createHash('sha256').update(this.#public).digest().subarray(0, 8);
  }

  /** The public key as a file of minisign(1) and signify(1). */
  publicFile(comment = `minisign public key ${this.minisignId}`): Buffer {
    return Buffer.from(`untrusted comment: ${comment}\n${this.publicLine}\n`);
  }

  /** The key alone, as minisign -P takes it. */
  get publicLine(): string {
    return Buffer.concat([Buffer.from('Ed'), this.id, this.#public]).toString('base64');
  }

  /** As minisign(1) shows it. */
  get minisignId(): string {
    return Buffer.from(this.id).reverse().toString('hex').toUpperCase();
  }

  /** As usign shows it. */
  get usignId(): string {
    return this.id.toString('hex').toUpperCase();
  }

  /** A signature of minisign(1): of the BLAKE2b hash of the content, or, as older ones, of the content itself. */
  minisign(content: Buffer, file: string, isHashed = true): Buffer {
    return this.commented(content, `timestamp:1590000000\tfile:${file}${isHashed ? '\thashed' : ''}`, isHashed);
  }

  /** The same with any trusted comment. */
  commented(content: Buffer, trusted: string, isHashed = true): Buffer {
    const signed = isHashed ? createHash('blake2b512').update(content).digest() : content;
    const signature = sign(null, signed, this.#private);
    const lines = [
      'untrusted comment: signature from minisign secret key',
      Buffer.concat([Buffer.from(isHashed ? 'ED' : 'Ed'), this.id, signature]).toString('base64'),
      `trusted comment: ${trusted}`,
      sign(null, Buffer.concat([signature, Buffer.from(trusted)]), this.#private).toString('base64'),
    ];
    return Buffer.from(`${lines.join('\n')}\n`);
  }

  /** A signature of signify(1). OpenWrt's usign writes the same form. */
  signify(content: Buffer, comment = 'verify with publisher.pub'): Buffer {
    const signature = Buffer.concat([Buffer.from('Ed'), this.id, sign(null, content, this.#private)]);
    return Buffer.from(`untrusted comment: ${comment}\n${signature.toString('base64')}\n`);
  }

  /** A line of ~/.ssh/id_ed25519.pub. */
  sshPublicFile(comment = 'images@example.com'): Buffer {
    return Buffer.from(`ssh-ed25519 ${this.#sshBlob().toString('base64')} ${comment}\n`);
  }

  /** What `ssh-keygen -l` shows of it. */
  get sshFingerprint(): string {
    return `SHA256:${createHash('sha256').update(this.#sshBlob()).digest('base64').replace(/=+$/, '')}`;
  }

  /** A signature of `ssh-keygen -Y sign -n file`, as OpenSSH's PROTOCOL.sshsig has it. */
  openssh(content: Buffer, namespace = 'file'): Buffer {
    const hash = createHash('sha512').update(content).digest();
    const common = [sshString(namespace), sshString(''), sshString('sha512')];
    const signed = Buffer.concat([Buffer.from('SSHSIG'), ...common, sshString(hash)]);
    const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, signed, this.#private))]);
    const version = Buffer.from([0, 0, 0, 1]);
    const parts = [Buffer.from('SSHSIG'), version, sshString(this.#sshBlob()), ...common, sshString(signature)];
    const lines = Buffer.concat(parts).toString('base64').replace(/.{70}/g, '$&\n').trimEnd();
    return Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`);
  }

  #sshBlob(): Buffer {
    return Buffer.concat([sshString('ssh-ed25519'), sshString(this.#public)]);
  }
}

/** A string of RFC 4251: its length, and its bytes. */
function sshString(bytes: Buffer | string): Buffer {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}
