import { createHash } from 'node:crypto';
import { after, type TestContext } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { gatherProof, type Proof, type Verification } from '../../../../service/verify/proof.js';
import { needs } from '../../../support/needs.js';
import { KeyRoom, type SigningOptions, type TestKey } from '../../../support/servers/keys.js';
import {
  askForSignature,
  askToListIt,
  differentDigests,
  doesNotMatchChecksum,
  installKeyring,
  listsOnly,
  nameOne,
} from '../../../support/texts/verification.js';

export const image = Buffer.from('the bytes of the image');
export const hash = (algorithm: string, bytes: Buffer | string) => createHash(algorithm).update(bytes).digest('hex');
export const digests = { sha256: hash('sha256', image), sha512: hash('sha512', image) };
// Keys that are made during the test must not be from the future.
const now = new Date(Date.now() + 60_000);
export const url = 'http://example.com/images/image.raw';
export const advice = {
  unknown: installKeyring,
  unsigned: askForSignature,
  unlisted: askToListIt,
  absent: nameOne,
};

export type Files = Record<string, Buffer | string | Failure>;

interface Gathering {
  readonly verification?: Verification;
  readonly keyring?: Buffer;
  readonly url?: string;
  readonly asked?: string[];
  readonly notices?: string[];
  readonly now?: Date;
}

export function gather(files: Files, options: Gathering = {}): Promise<Proof> {
  const { verification = 'checksum', keyring, asked = [], notices = [] } = options;
  return gatherProof({
    url: options.url ?? url,
    verification,
    keyrings: keyring ? [{ path: '/ring.pgp', bytes: keyring }] : [],
    now: options.now ?? now,
    onNotice: (message) => notices.push(message),
    fetchSmall: async (from) => {
      asked.push(from);
      const found = files[from.slice(from.lastIndexOf('/') + 1)];
      if (found instanceof Failure) throw found;
      return found === undefined ? undefined : Buffer.from(found);
    },
  });
}

/** The message of what goes wrong on the way to a checked image; "ok" if nothing does. */
export async function outcomeOf(files: Files, options: Gathering = {}): Promise<string> {
  try {
    const proof = await gather(files, options);
    const result = await proof.check('image.raw', digests);
    return result.isOk() ? 'ok' : result.error.message;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'VerificationFailed') return error.message;
    throw error;
  }
}

export const layouts = [
  { file: 'image.raw.sha256', algorithm: 'sha256', isOwn: true },
  { file: 'SHA256SUMS', algorithm: 'sha256', isOwn: false },
  { file: 'image.raw.sha512', algorithm: 'sha512', isOwn: true },
  { file: 'SHA512SUMS', algorithm: 'sha512', isOwn: false },
] as const;
export type Layout = (typeof layouts)[number];

export const gnu = (digest: string, name: string) => `${digest}  ${name}\n`;
export const styles: Record<string, (digest: string, name: string, algorithm: string) => string> = {
  GNU: gnu,
  'GNU binary': (digest, name) => `${digest} *${name}\n`,
  BSD: (digest, name, algorithm) => `${algorithm.toUpperCase()} (${name}) = ${digest}\n`,
  bare: (digest) => `${digest}\n`,
  CRLF: (digest, name) => `${digest}  ${name}\r\n`,
  'upper case': (digest, name) => `${digest.toUpperCase()}  ${name}\n`,
  'no newline': (digest, name) => `${digest}  ${name}`,
  './ prefix': (digest, name) => `${digest}  ./${name}\n`,
};

export const outcomes = ['ok', 'mismatched', 'unlisted', 'ambiguous'] as const;
type Outcome = (typeof outcomes)[number];

export function compose(layout: Layout, style: string, outcome: Outcome): string | null {
  const write = styles[style] ?? gnu;
  const right = digests[layout.algorithm];
  const wrong = hash(layout.algorithm, 'something else');
  if (style === 'bare' && (!layout.isOwn || outcome === 'unlisted')) return null;
  if (outcome === 'ok') return write(right, 'image.raw', layout.algorithm);
  if (outcome === 'mismatched') return write(wrong, 'image.raw', layout.algorithm);
  if (outcome === 'unlisted') return write(right, 'image.raw.xz', layout.algorithm);
  return `${write(right, 'image.raw', layout.algorithm).trimEnd()}\n${write(wrong, 'image.raw', layout.algorithm)}`;
}

/** What the user is told, once the list itself is trusted. */
export function expectedOf(layout: Layout, outcome: Outcome): string {
  const { file, algorithm } = layout;
  const [right, wrong] = [digests[algorithm], hash(algorithm, 'something else')];
  switch (outcome) {
    case 'ok':
      return 'ok';
    case 'mismatched':
      return `'image.raw' ${doesNotMatchChecksum(file, algorithm, wrong, right)}.`;
    case 'ambiguous':
      return `${file} ${differentDigests('image.raw', `${right}, ${wrong}`)}.`;
    case 'unlisted':
      return `Cannot verify 'image.raw': ${file} ${listsOnly('image.raw.xz')}. ${advice.unlisted}`;
  }
}

export interface SignatureState {
  readonly options?: SigningOptions;
  readonly signer?: string;
  /** Sign this in place of the list. */
  readonly content?: string;
  /** Where the result lies: beside the list, or in its place. */
  readonly place: '.asc' | '.gpg' | '';
  /** What it says, before the list is looked at; undefined if the signature is good. */
  readonly problem?: (layout: Layout, file: string) => string;
  /** What gpgv's exit code is; 0 unless given. */
  readonly gpgv?: number;
  /** Why we refuse what gpgv takes, where we do. */
  readonly difference?: string;
}

export let room: KeyRoom;
after(() => room?.[Symbol.dispose]());
export const keys: Record<string, TestKey> = {};
const signatures = new Map<string, Buffer>();

/** The keys that are trusted, as they are now. */
export function exportKeyring(): Buffer {
  return room.export(['good', 'rsa', 'expired', 'revoked'].flatMap((name) => keys[name] ?? []));
}

export function ready(t: TestContext): boolean {
  if (!needs(t, { programs: ['gpg', 'gpgv', 'gpgconf'] })) return false;
  if (room) return true;
  room = new KeyRoom();
  keys['good'] = room.createKey('Good <good@example.com>');
  keys['rsa'] = room.createKey('Rsa <rsa@example.com>', 'rsa2048');
  keys['stranger'] = room.createKey('Stranger <stranger@example.com>');
  keys['expired'] = room.createKey('Expired <expired@example.com>', 'ed25519', '20200201T000000', '20200101T000000');
  keys['revoked'] = room.createKey('Revoked <revoked@example.com>', 'ed25519', 'never', '20200101T000000');
  return true;
}

export function signed(state: SignatureState, text: string): Buffer {
  const { signer = 'good', options = {}, content = text } = state;
  const cached = JSON.stringify([signer, options, content]);
  const key = keys[signer];
  if (!key) throw new Error(`no key ${signer}`);
  const bytes = signatures.get(cached) ?? room.sign(key, content, options);
  signatures.set(cached, bytes);
  return bytes;
}
