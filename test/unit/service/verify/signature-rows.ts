import { KeyRoom, type SigningOptions, type TestKey } from '../../../support/servers/keys.js';
import { hashCanBeForged } from '../../../support/texts/verification.js';

export const payload = 'ed2d1c1f0000000000000000000000000000000000000000000000000000beef  image.raw\n';

export let room: KeyRoom;
const keys: Record<string, TestKey> = {};

export function key(name: string): TestKey {
  const found = keys[name];
  if (!found) throw new Error(`no key ${name}`);
  return found;
}

export function makeKeys(): void {
  room = new KeyRoom();
  for (const algorithm of [
    'ed25519',
    'rsa2048',
    'rsa3072',
    'nistp256',
    'nistp521',
    'brainpoolP256r1',
    'secp256k1',
    'rsa1024',
    'dsa2048',
  ]) {
    keys[algorithm] = room.createKey(`Signer ${algorithm} <${algorithm}@example.com>`, algorithm);
  }
  keys['stranger'] = room.createKey('Stranger <stranger@example.com>');
  keys['other'] = room.createKey('Other <other@example.com>');
  keys['expired'] = room.createKey('Expired <expired@example.com>', 'ed25519', '20200201T000000', '20200101T000000');
  keys['revoked'] = room.createKey('Revoked <revoked@example.com>', 'ed25519', 'never', '20200101T000000');
  keys['subkey'] = room.createKey('Sub Key <sub@example.com>');
  room.addSubkey(key('subkey'));
  keys['expiredSubkey'] = room.createKey('Old Sub <oldsub@example.com>', 'ed25519', 'never', '20200101T000000');
  room.addSubkey(key('expiredSubkey'), 'ed25519', '20200201T000000', '20200101T000000');
}

/** What the two say of the same bytes, in short: gpgv's most telling status and its exit code; our kind and reason. */
interface Row {
  readonly what: string;
  readonly sign: () => Buffer;
  readonly trusted: () => TestKey[];
  readonly content?: string;
  readonly ours: string;
  /** Status words that must all be there, and the exit code. */
  readonly gpgv: string;
  /** Why we differ, where we do. */
  readonly difference?: string;
}

function sign(name: string, options: SigningOptions = {}, text = payload): () => Buffer {
  return () => room.sign(key(name), text, options);
}

const only =
  (...names: string[]) =>
  () =>
    names.map(key);

export const rows: Row[] = [
  ...['ed25519', 'rsa2048', 'rsa3072', 'nistp256', 'nistp521', 'brainpoolP256r1', 'secp256k1'].map((name) => ({
    what: `${name} key`,
    sign: sign(name),
    trusted: only(name),
    ours: 'good',
    gpgv: 'GOODSIG 0',
  })),
  {
    what: 'SHA-256',
    sign: sign('ed25519', { digest: 'SHA256' }),
    trusted: only('ed25519'),
    ours: 'good',
    gpgv: 'GOODSIG 0',
  },
  {
    what: 'armored',
    sign: sign('ed25519', { armor: true }),
    trusted: only('ed25519'),
    ours: 'good',
    gpgv: 'GOODSIG 0',
  },
  {
    what: 'among many keys',
    sign: sign('rsa2048'),
    trusted: only('ed25519', 'rsa2048', 'nistp256'),
    ours: 'good',
    gpgv: 'GOODSIG 0',
  },
  { what: 'signing subkey', sign: sign('subkey'), trusted: only('subkey'), ours: 'good', gpgv: 'GOODSIG 0' },
  {
    what: 'other content',
    sign: sign('ed25519'),
    trusted: only('ed25519'),
    content: 'changed\n',
    ours: 'bad',
    gpgv: 'BADSIG 1',
  },
  {
    what: 'other content, RSA',
    sign: sign('rsa2048'),
    trusted: only('rsa2048'),
    content: 'changed\n',
    ours: 'bad',
    gpgv: 'BADSIG 1',
  },
  { what: 'unknown key', sign: sign('stranger'), trusted: only('ed25519'), ours: 'unknown', gpgv: 'NO_PUBKEY 2' },
  {
    what: 'unknown key and other content',
    sign: sign('stranger'),
    trusted: only('ed25519'),
    content: 'changed\n',
    ours: 'unknown',
    gpgv: 'NO_PUBKEY 2',
  },
  {
    what: 'two trusted signers',
    sign: () => room.sign(key('ed25519'), payload, { also: [key('other')] }),
    trusted: only('ed25519', 'other'),
    ours: 'good',
    gpgv: 'GOODSIG 0',
  },
  {
    what: 'a trusted and an unknown signer',
    sign: () => room.sign(key('stranger'), payload, { also: [key('ed25519')] }),
    trusted: only('ed25519'),
    ours: 'good',
    gpgv: 'GOODSIG NO_PUBKEY 2',
    difference: 'one good signature by a trusted key is enough; who else signed does not take it away',
  },
  {
    what: 'a good and a bad signature',
    sign: () => Buffer.concat([room.sign(key('ed25519'), payload), room.sign(key('other'), 'changed\n')]),
    trusted: only('ed25519', 'other'),
    ours: 'bad',
    gpgv: 'BADSIG 1',
  },
  {
    what: 'key that has expired, signed in time',
    sign: sign('expired', { at: '20200115T000000' }),
    trusted: only('expired'),
    ours: 'unreliable which expired on 2020-02-01',
    gpgv: 'EXPKEYSIG 0',
    difference: 'an expired key no longer vouches for what is served today',
  },
  {
    what: 'an expired and a good signer',
    sign: () =>
      Buffer.concat([
        room.sign(key('expired'), payload, { at: '20200115T000000' }),
        room.sign(key('ed25519'), payload),
      ]),
    trusted: only('expired', 'ed25519'),
    ours: 'good',
    gpgv: 'EXPKEYSIG GOODSIG 0',
  },
  {
    what: 'subkey that has expired',
    sign: sign('expiredSubkey', { at: '20200115T000000' }),
    trusted: only('expiredSubkey'),
    ours: 'unreliable which expired on 2020-02-01',
    gpgv: 'EXPKEYSIG 0',
    difference: 'as with an expired key',
  },
  {
    what: 'revoked key',
    sign: (() => {
      let made: Buffer | null = null;
      return () => {
        made ??= room.sign(key('revoked'), payload, { at: '20200115T000000' });
        room.revoke(key('revoked'));
        return made;
      };
    })(),
    trusted: only('revoked'),
    ours: 'unreliable which was revoked on 2020-01-01',
    gpgv: 'REVKEYSIG 0',
    difference: 'whoever stole the key can sign in the past',
  },
  {
    what: 'signature that has expired',
    sign: sign('expired', { at: '20200115T000000', expires: '1d' }),
    trusted: only('expired'),
    ours: 'unreliable but with a signature that expired on 2020-01-16',
    gpgv: 'EXPSIG 1',
  },
  {
    what: 'signature from the future',
    sign: sign('ed25519', { at: '20980101T000000' }),
    trusted: only('ed25519'),
    ours: 'unreliable but on 2098-01-01, which is in the future: is the clock of this host right?',
    gpgv: 'GOODSIG 0',
    difference: 'a date that cannot be right says that something is wrong',
  },
  {
    what: 'SHA-1',
    sign: sign('rsa2048', { digest: 'SHA1' }),
    trusted: only('rsa2048'),
    ours: `unreliable ${hashCanBeForged('SHA1')}`,
    gpgv: 'GOODSIG 0',
    difference: 'SHA-1 collisions are made in practice',
  },
  {
    what: 'RSA key of 1024 bits',
    sign: sign('rsa1024'),
    trusted: only('rsa1024'),
    ours: 'unreliable which is too weak (rsaEncryptSign, 1024 bits)',
    gpgv: 'GOODSIG 0',
    difference: 'such keys can be factored',
  },
  {
    what: 'DSA key',
    sign: sign('dsa2048', { digest: 'SHA256' }),
    trusted: only('dsa2048'),
    ours: 'unreliable which is too weak (dsa, 2048 bits)',
    gpgv: 'GOODSIG 0',
    difference: 'DSA is withdrawn (FIPS 186-5)',
  },
];
