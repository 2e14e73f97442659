import { like, re } from '../like.js';
import { isMarkup } from '../texts/transfers.js';
import { listsOnlyWeak, signedByUnknownKey } from '../texts/verification.js';
import { type Layout, named } from './layouts.js';
import type { Entry } from './lists.js';
import { type Conduct, type Files, listsOf, signaturesOf } from './publish.js';

/** What a server answers in place of a file. */
export type Answer = Buffer | 'forbidden';

/** What comes of a pull that would succeed if nothing were spoilt; `either` where publishers and users may differ. */
export type Outcome = 'passes' | 'fails' | 'either';
type Outcomes = Readonly<Record<'signature' | 'checksum', Outcome>>;

/** Something that goes wrong between a publisher and a host, and what comes of it. */
export interface Spoilt {
  readonly what: string;
  /** What the publisher does, or someone with what he has signed some time. */
  readonly conduct?: Conduct;
  /** What happens to the files afterwards. */
  readonly change?: (files: Files, layout: Layout) => void;
  /** What happens to the image. */
  readonly changeImage?: (image: Buffer) => Buffer;
  /** What is answered for what is not there, other than status 404. */
  readonly absent?: Answer;
  /** Where it can happen; everywhere if not given. */
  readonly happensTo?: (layout: Layout) => boolean;
  readonly outcome: (layout: Layout) => Outcomes;
  /** Why it fails where it does. */
  readonly reasons: readonly Reason[];
}

/** What the messages say, by the words that others do not have. */
export const reasons = {
  'other bytes': /does not match its checksum/,
  'bad signature': /^The signature \S+ by /,
  unsigned: /is not signed|no signature|no checksum file/,
  'unknown key': like`${signedByUnknownKey('KEY-unknown')}`,
  'expired key': /by key KEY-expired \(.*\), which expired on 2020-02-01/,
  'revoked key': /by key KEY-revoked \(.*\), which was revoked on 2020-02-01/,
  ambiguous: /with different digests|list different digests/,
  unlisted: /does not list it, but/,
  weak: like`${listsOnlyWeak(re(/.*/))}`,
  page: like`${isMarkup}`,
  'too large': /is larger than/,
  unsupported: /is not an OpenPGP signature/,
} as const;

export type Reason = keyof typeof reasons;

const fails: Outcomes = { signature: 'fails', checksum: 'fails' };
const passes: Outcomes = { signature: 'passes', checksum: 'passes' };
const onlyUnsigned: Outcomes = { signature: 'fails', checksum: 'passes' };

export const hasList = (layout: Layout) => listsOf(layout).length > 0;
/** Where lists have the names of what they list. */
const hasNames = ({ beside }: Layout) => beside.some((file) => 'list' in file && file.style !== 'bare');
const isClearSigned = ({ beside }: Layout) => beside.some((file) => 'list' in file && file.isClearSigned === true);
const isSigned = (layout: Layout) => signaturesOf(layout).length > 0 || isClearSigned(layout);
const isImageSigned = ({ beside }: Layout) => beside.some((file) => 'signature' in file && file.over === '%f');
const isOpenPgp = ({ beside }: Layout) =>
  beside.every((file) => !('signature' in file) || (file.scheme ?? 'openpgp') === 'openpgp');

/** The image may be signed itself, whatever becomes of the lists. */
const unlessImageIsSigned = (layout: Layout, otherwise: Outcome): Outcomes => ({
  signature: isImageSigned(layout) ? otherwise : 'fails',
  checksum: 'fails',
});

const html = Buffer.from('<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n');
const wrong = { md5: '0'.repeat(32), sha1: '0'.repeat(40), sha256: '0'.repeat(64), sha512: '0'.repeat(128) };

/** The name of a list that the layout does not have. */
function rival(layout: Layout): string {
  return listsOf(layout).includes('SHA256SUMS') ? named(layout, '%f.sha256') : 'SHA256SUMS';
}

function addRival(files: Files, layout: Layout): void {
  files.set(rival(layout), Buffer.from(`${wrong.sha256}  ${named(layout, '%f')}\n`));
}

function changeAll(files: Files, names: readonly string[], change: (bytes: Buffer) => Buffer): void {
  for (const [name, bytes] of files) if (names.includes(name)) files.set(name, change(bytes));
}

/** With another bit in the byte in the middle. */
export function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const middle = Math.floor(bytes.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

const digestStart = /(?<![0-9a-f])[0-9a-f](?=(?:[0-9a-f]{31}|[0-9a-f]{39}|[0-9a-f]{63}|[0-9a-f]{127})(?![0-9a-f]))/g;

/** With another first digit in each digest. */
function withOtherDigits(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString().replace(digestStart, (digit) => (digit === '0' ? '1' : '0')));
}

/** With another bit near the end of the signature, where the form still holds. */
function flippedSignature(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const lines = [...text.matchAll(/^[A-Za-z0-9+/]{20,}={0,2}$/gm)];
  const line = text.startsWith('untrusted comment') ? lines[0] : lines.at(-1);
  const at = line === undefined ? bytes.length - 10 : line.index + Math.min(40, line[0].length - 10);
  const changed = Buffer.from(bytes);
  if (line === undefined) changed[at] = (changed[at] ?? 0) ^ 1;
  else changed.write(text[at] === 'A' ? 'B' : 'A', at);
  return changed;
}

function isClear(bytes: Buffer): boolean {
  return bytes.includes('-----BEGIN PGP SIGNED MESSAGE-----');
}

/** The text of a clear-signed file. */
function withoutSignature(bytes: Buffer): Buffer {
  const text = bytes.toString().replace(/^[\s\S]*?\r?\n\r?\n/, '');
  return Buffer.from(text.slice(0, text.indexOf('-----BEGIN PGP SIGNATURE-----')));
}

function changeSignatures(files: Files, layout: Layout): void {
  changeAll(files, signaturesOf(layout), flippedSignature);
  changeAll(files, listsOf(layout), (bytes) => (isClear(bytes) ? flippedSignature(bytes) : bytes));
}

function takeSignatures(files: Files, layout: Layout): void {
  for (const name of signaturesOf(layout)) files.delete(name);
  changeAll(files, listsOf(layout), (bytes) => (isClear(bytes) ? withoutSignature(bytes) : bytes));
}

const foreign = (entries: readonly Entry[]) => entries.slice(0, 1).map(({ bytes }) => ({ name: 'other.raw', bytes }));
const doubled = (entries: readonly Entry[]) => [...entries, ...entries.map((entry) => ({ ...entry, digests: wrong }))];
const renamed = (rename: (name: string) => string) => (entries: readonly Entry[]) =>
  entries.map((entry) => ({ ...entry, name: rename(entry.name) }));
const many = Array.from({ length: 10_000 }, (_, index) => ({ name: `f${index}.raw`, bytes: Buffer.from(`${index}`) }));

const much = Buffer.alloc(16 * 1024 * 1024, '# a comment\n');

/** Digests of 64 and 128 digits become such of 32 and 40. */
function withoutStrong(text: string): Buffer {
  const weak = text
    .replace(/SHA256|SHA512/g, 'MD5')
    .replace(/(?<![0-9a-f])([0-9a-f]{32})[0-9a-f]{32}(?![0-9a-f])/g, '$1')
    .replace(/(?<![0-9a-f])([0-9a-f]{40})[0-9a-f]{88}(?![0-9a-f])/g, '$1');
  return Buffer.from(weak);
}

/** A world as it should be. */
export const nothing: Spoilt = { what: 'nothing', outcome: () => passes, reasons: [] };

export const spoilt: readonly Spoilt[] = [
  nothing,
  {
    what: 'a flipped bit in the image',
    changeImage: flipped,
    outcome: () => fails,
    reasons: ['other bytes', 'bad signature'],
  },
  {
    what: 'other digits in the lists',
    happensTo: hasList,
    change: (files, layout) => changeAll(files, listsOf(layout), withOtherDigits),
    outcome: (layout) => unlessImageIsSigned(layout, 'either'),
    reasons: ['bad signature', 'other bytes'],
  },
  {
    what: 'a flipped bit in the signatures',
    happensTo: isSigned,
    change: changeSignatures,
    outcome: () => onlyUnsigned,
    reasons: ['bad signature'],
  },
  {
    what: 'signatures taken away',
    happensTo: isSigned,
    change: takeSignatures,
    outcome: () => onlyUnsigned,
    reasons: ['unsigned'],
  },
  {
    what: 'an unknown key',
    happensTo: isSigned,
    conduct: { key: 'unknown' },
    outcome: () => onlyUnsigned,
    reasons: ['unknown key'],
  },
  {
    what: 'an expired key',
    happensTo: (layout) => isSigned(layout) && isOpenPgp(layout),
    conduct: { key: 'expired' },
    outcome: () => onlyUnsigned,
    reasons: ['expired key'],
  },
  {
    what: 'a revoked key',
    happensTo: (layout) => isSigned(layout) && isOpenPgp(layout),
    conduct: { key: 'revoked' },
    outcome: () => onlyUnsigned,
    reasons: ['revoked key'],
  },
  {
    what: 'signatures of something else',
    happensTo: isSigned,
    conduct: { signInstead: () => Buffer.from('something else\n') },
    outcome: () => onlyUnsigned,
    reasons: ['bad signature'],
  },
  {
    what: 'the lists of another image',
    happensTo: hasNames,
    conduct: { list: foreign },
    outcome: (layout) => unlessImageIsSigned(layout, 'passes'),
    reasons: ['unlisted'],
  },
  {
    what: 'an unsigned list with other digests beside what is signed',
    happensTo: isSigned,
    change: addRival,
    outcome: () => ({ signature: 'passes', checksum: 'fails' }),
    reasons: ['other bytes', 'ambiguous'],
  },
  {
    what: 'two lists that disagree',
    happensTo: (layout) => hasList(layout) && !isSigned(layout),
    change: addRival,
    outcome: () => fails,
    reasons: ['other bytes', 'ambiguous'],
  },
  { what: 'a page with status 200 for what is not there', absent: html, outcome: () => passes, reasons: [] },
  {
    what: 'a page with status 200 for every file',
    absent: html,
    change: (files) => changeAll(files, [...files.keys()], () => html),
    outcome: () => fails,
    reasons: ['page', 'unsigned', 'unsupported'],
  },
  { what: 'status 403 for what is not there', absent: 'forbidden', outcome: () => passes, reasons: [] },
  {
    what: '10,000 other lines',
    happensTo: hasNames,
    conduct: { list: (entries) => [...many, ...entries] },
    outcome: () => passes,
    reasons: [],
  },
  {
    what: 'more than 16 MiB of checksums',
    happensTo: hasList,
    change: (files, layout) => changeAll(files, listsOf(layout), (bytes) => Buffer.concat([bytes, much])),
    outcome: (layout) => unlessImageIsSigned(layout, 'passes'),
    reasons: ['too large'],
  },
  {
    what: 'the name twice, with different digests',
    happensTo: hasList,
    conduct: { list: doubled },
    outcome: (layout) => unlessImageIsSigned(layout, 'either'),
    reasons: ['ambiguous'],
  },
  {
    what: 'UTF-16 with a byte order mark',
    happensTo: (layout) => hasList(layout) && !isClearSigned(layout),
    conduct: { write: (text) => Buffer.from(`\uFEFF${text}`, 'utf16le') },
    outcome: () => passes,
    reasons: [],
  },
  {
    what: 'md5 and sha1 alone',
    happensTo: hasList,
    conduct: { write: withoutStrong },
    outcome: (layout) => unlessImageIsSigned(layout, 'passes'),
    reasons: ['weak'],
  },
  {
    what: 'a path before the names',
    happensTo: hasNames,
    conduct: { list: renamed((name) => `images/latest/${name}`) },
    outcome: () => passes,
    reasons: [],
  },
  {
    what: 'the names as those of directories',
    happensTo: hasNames,
    conduct: { list: renamed((name) => `${name}/disk`) },
    outcome: (layout) => unlessImageIsSigned(layout, 'passes'),
    reasons: ['unlisted'],
  },
];
