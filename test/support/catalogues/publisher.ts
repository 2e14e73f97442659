import {
  createCleartextMessage,
  createMessage,
  generateKey,
  type PrivateKey,
  type PublicKey,
  revokeKey,
  sign,
} from 'openpgp';
import { CmsKey } from './cms.js';
import { Ed25519Key } from './ed25519.js';

/** How a file is signed. */
export type Scheme = 'openpgp' | 'minisign' | 'signify' | 'openssh' | 'pkcs7';

/** What has become of the key that a publisher signs with. */
export type KeyState = 'trusted' | 'unknown' | 'expired' | 'revoked';

/** A detached signature, or a text that carries its own. */
export interface SigningForm {
  readonly scheme: Scheme;
  /** For OpenPGP; other schemes have one form. */
  readonly form: 'binary' | 'armored' | 'clear';
  /** The name of the signed file, which minisign has in its trusted comment. */
  readonly file: string;
}

const made = new Date('2020-01-01T00:00:00Z');
const signedOn = new Date('2020-01-15T00:00:00Z');
const ended = new Date('2020-02-01T00:00:00Z');
const userIds = { trusted: 'Images', unknown: 'Stranger', expired: 'Old', revoked: 'Lost' };

interface OpenPgpKey {
  readonly secret: PrivateKey;
  readonly public: PublicKey;
}

/** Keys of every scheme and state, made in memory: OpenPGP by OpenPGP.js, the others by node. */
export class Publisher {
  readonly #openpgp: Readonly<Record<KeyState, OpenPgpKey>>;
  readonly #trusted = new Ed25519Key();
  readonly #unknown = new Ed25519Key();
  readonly #certificates = { trusted: new CmsKey('Images'), unknown: new CmsKey('Stranger') };
  readonly #signatures = new Map<string, Promise<Buffer>>();

  private constructor(openpgp: Readonly<Record<KeyState, OpenPgpKey>>) {
    this.#openpgp = openpgp;
  }

  static async create(): Promise<Publisher> {
    const revoked = await makeKey('revoked');
    const { publicKey } = await revokeKey({ key: revoked.secret, date: ended, format: 'object' });
    return new Publisher({
      trusted: await makeKey('trusted'),
      unknown: await makeKey('unknown'),
      expired: await makeKey('expired', (ended.getTime() - made.getTime()) / 1000),
      revoked: { secret: revoked.secret, public: publicKey },
    });
  }

  /** The public keys that are trusted, whatever has become of them, as a file. */
  keyring(scheme: Scheme): Buffer {
    if (scheme === 'pkcs7') return this.#certificates.trusted.certificateFile();
    if (scheme === 'openssh') return this.#trusted.sshPublicFile();
    if (scheme !== 'openpgp') return this.#trusted.publicFile();
    const { trusted, expired, revoked } = this.#openpgp;
    return Buffer.concat([trusted, expired, revoked].map((key) => Buffer.from(key.public.write())));
  }

  /** The same in ASCII. */
  armoredKeyring(): Buffer {
    return Buffer.from(this.#openpgp.trusted.public.armor());
  }

  /** Replaces what was made up of a key by its state, so that messages are always the same. */
  withoutKeys(text: string): string {
    const named = Object.entries(this.#openpgp).reduce((result, [state, key]) => {
      const fingerprint = key.public.getFingerprint().toUpperCase();
      return result.replaceAll(fingerprint, `FINGERPRINT-${state}`).replaceAll(fingerprint.slice(-16), `KEY-${state}`);
    }, text);
    return Object.entries({ trusted: this.#trusted, unknown: this.#unknown }).reduce((result, [state, key]) => {
      const id = key.id.toString('hex').toUpperCase();
      const ids = [
        id,
        key.minisignId,
        key.sshFingerprint,
        this.#certificates[state as 'trusted' | 'unknown'].fingerprint,
      ];
      return ids.reduce((named, each) => named.replaceAll(each, `KEY-${state}`), result);
    }, named);
  }

  sign(content: Buffer, form: SigningForm, state: KeyState = 'trusted'): Promise<Buffer> {
    const key = JSON.stringify([form, state, content.toString('base64')]);
    const signature = this.#signatures.get(key) ?? this.#make(content, form, state);
    this.#signatures.set(key, signature);
    return signature;
  }

  async #make(content: Buffer, { scheme, form, file }: SigningForm, state: KeyState): Promise<Buffer> {
    if (scheme === 'openpgp') return signByOpenPgp(content, form, this.#openpgp[state].secret);
    if (scheme === 'pkcs7') return this.#certificates[state === 'trusted' ? 'trusted' : 'unknown'].sign(content);
    // These keys neither expire nor can they be revoked.
    const key = state === 'trusted' ? this.#trusted : this.#unknown;
    if (scheme === 'minisign') return key.minisign(content, file);
    return scheme === 'signify' ? key.signify(content) : key.openssh(content);
  }
}

async function makeKey(state: KeyState, lifetimeSeconds = 0): Promise<OpenPgpKey> {
  const user = { name: userIds[state], email: `${state}@example.com` };
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [user],
    format: 'object',
    date: made,
    keyExpirationTime: lifetimeSeconds,
  });
  return { secret: privateKey, public: publicKey };
}

async function signByOpenPgp(content: Buffer, form: SigningForm['form'], key: PrivateKey): Promise<Buffer> {
  const common = { signingKeys: key, date: signedOn } as const;
  if (form === 'clear') {
    // As gpg writes it: the last line end is that before the signature, and none is of two characters.
    const message = await createCleartextMessage({ text: content.toString().replace(/\n$/, '') });
    return Buffer.from((await sign({ ...common, message })).replaceAll('\r\n', '\n'));
  }
  const message = await createMessage({ binary: new Uint8Array(content), date: signedOn });
  if (form === 'armored') return Buffer.from(await sign({ ...common, message, detached: true, format: 'armored' }));
  return Buffer.from(await sign({ ...common, message, detached: true, format: 'binary' }));
}
