import { createHash, type Hash } from 'node:crypto';

/** The ways to sign a file. */
export type SignatureScheme = 'openpgp' | 'minisign' | 'signify' | 'openssh' | 'pkcs7' | 'sigstore';

/** The key that made a good signature. */
export interface Signer {
  readonly scheme: SignatureScheme;
  /**
   * OpenPGP: of the primary key, in upper-case hexadecimal. minisign and signify: the key's number. OpenSSH: `SHA256:…`.
   * PKCS#7: SHA-256 of the certificate.
   */
  readonly fingerprint: string;
  /** Fingerprint of the OpenPGP subkey that signed, in upper-case hexadecimal. */
  readonly subkey?: string | undefined;
  /** Of the key that signed. OpenPGP: of the key or subkey, the last 16 digits of its fingerprint, of version 6 the first 16. */
  readonly keyId: string;
  /** User ID, comment, principal or subject, escaped for display. */
  readonly user: string;
  /** When it was signed. */
  readonly created: Date | undefined;
}

/** What is to be said of one signature. */
export type SignatureFinding =
  /** `notice` completes "FILE is …". */
  | { readonly kind: 'good'; readonly signer: Signer; readonly notice?: string | undefined }
  /** Made by a key that is in no keyring. */
  | { readonly kind: 'unknown'; readonly keyId: string }
  /** By a trusted key, of other content. */
  | { readonly kind: 'bad'; readonly by: string }
  /** By a trusted key and of this content, but not to be relied on; `reason` completes "…, which …" or "…, but …". */
  | { readonly kind: 'unreliable'; readonly by: string; readonly reason: string };

/** A hash that a signature needs: of the prefix, the signed content, and the suffix. */
export interface WantedHash {
  /** By node's name of the algorithm. */
  readonly algorithm: string;
  /** What is hashed before the content: the salt of an OpenPGP 6 signature, or R and the public key for pure Ed25519. */
  readonly prefix?: Buffer;
  /** What is hashed after it: the trailer of an OpenPGP signature. */
  readonly suffix?: Buffer;
  /** Whether each LF without a CR before it is hashed as CR LF (RFC 9580 §5.2.1.2). */
  readonly isText?: boolean;
}

/**
 * A detached signature file that was read. It says beforehand what has to be hashed, so that the content may be of any length, and a
 * digest that was recorded can stand for content that is not kept.
 */
export interface DetachedSignature {
  readonly scheme: SignatureScheme;
  readonly wanted: readonly WantedHash[];
  /** @param digests one for each of `wanted` (ContentHashes) */
  judge(digests: readonly Buffer[], now: Date): Promise<SignatureFinding[]>;
}

const [cr, lf] = [13, 10];

/** Takes the content in pieces, in the way a signature wants it hashed. */
class ContentHash {
  readonly hash: Hash;
  readonly #isText: boolean;
  #last = 0;

  constructor({ algorithm, prefix, isText = false }: WantedHash) {
    this.hash = createHash(algorithm);
    this.#isText = isText;
    if (prefix) this.hash.update(prefix);
  }

  update(piece: Buffer): void {
    this.hash.update(this.#isText ? this.#withCrLf(piece) : piece);
  }

  #withCrLf(piece: Buffer): Buffer {
    const text = piece.toString('latin1').replaceAll(/\r?\n/g, '\r\n');
    const wasSplit = this.#last === cr && piece[0] === lf;
    this.#last = piece.at(-1) ?? this.#last;
    return Buffer.from(wasSplit ? text.slice(1) : text, 'latin1');
  }
}

/** All that signatures want hashed of one content. What differs in the suffix alone is hashed once. */
export class ContentHashes {
  readonly #wanted: readonly WantedHash[];
  readonly #hashes = new Map<string, ContentHash>();

  constructor(wanted: readonly WantedHash[]) {
    this.#wanted = wanted;
    for (const each of wanted) if (!this.#hashes.has(keyOf(each))) this.#hashes.set(keyOf(each), new ContentHash(each));
  }

  update(piece: Buffer): void {
    for (const hash of this.#hashes.values()) hash.update(piece);
  }

  /** The digests of the content so far, one for each wanted hash. */
  digests(): Buffer[] {
    return this.#wanted.map((wanted) => {
      const hash = this.#hashes.get(keyOf(wanted))?.hash.copy();
      if (hash === undefined) throw new Error('every wanted hash has its own from the beginning');
      return hash.update(wanted.suffix ?? Buffer.alloc(0)).digest();
    });
  }
}

function keyOf({ algorithm, prefix, isText }: WantedHash): string {
  return [algorithm, prefix?.toString('hex') ?? '', isText === true ? 'text' : ''].join(' ');
}

/** Judges a signature of content that is in memory. */
export function judgeContent(signature: DetachedSignature, content: Buffer, now: Date): Promise<SignatureFinding[]> {
  const hashes = new ContentHashes(signature.wanted);
  hashes.update(content);
  return signature.judge(hashes.digests(), now);
}
