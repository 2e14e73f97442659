import type { ImageFormat } from '../../../common/image-classes.js';
import { withoutUserinfo } from '../../../common/url.js';
import { isHeaderText } from '../../../common/validator.js';
import { NAME_MAX } from '../../../linux/headers/constants.js';
import { siphash24 } from './siphash.js';

/** What hangs off an image under its name plus one of these. Only disk images have the verity ones. */
export const sidecarSuffixes = ['.nspawn', '.roothash', '.roothash.p7s', '.verity'] as const;
export type SidecarSuffix = (typeof sidecarSuffixes)[number];

/** What is put beside an image when it gets its name. */
export const installedSuffixes = [...sidecarSuffixes, '.oci-config'] as const;
export type InstalledSuffix = (typeof installedSuffixes)[number];

/** What hangs off a pristine original: its sidecars, and the checksum and signature files that proved it (pristine/proofs.ts). */
export const pristineSuffixes = [...sidecarSuffixes, '.proofs'] as const;
export type PristineSuffix = (typeof pristineSuffixes)[number];

/** systemd's key for the names of URLs that are too long for a path (HASH_URL_KEY of pull-common.c). */
const longNameKey = Buffer.from('df89168701cc423098ab4a19a6a5634f', 'hex');

/** From this many bytes on, directory included, systemd shortens the path of a pristine original. */
const pathLimit = 240;

const escaped = new Set(Buffer.from('/.#"\'\\'));

/** Writes bytes that have a meaning in file names as `\xHH`, as systemd does for the names of pristine originals. */
export function escapeForFileName(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte < 0x7f && !escaped.has(byte);
    result += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return result;
}

/** Undoes escapeForFileName(). What is no escape stays as it is. */
export function unescapeFileName(text: string): string {
  const bytes: number[] = [];
  for (const part of text.split(/(\\x[0-9a-fA-F]{2})/)) {
    if (/^\\x[0-9a-fA-F]{2}$/.test(part)) bytes.push(Number.parseInt(part.slice(2), 16));
    else bytes.push(...Buffer.from(part));
  }
  return Buffer.from(bytes).toString();
}

/** Whether a text is an entity tag (RFC 9110, 8.8.3) that a header can hold, and not just something a server calls one. */
export function isEntityTag(text: string): boolean {
  return isHeaderText(text) && /^(W\/)?".*"$/.test(text);
}

function longName(url: string): string {
  return siphash24(Buffer.from(url), longNameKey).toString(16);
}

function prefixOf(format: ImageFormat): string {
  return `.${format}-`;
}

/** What names an original: its format, its URL and its ETag, the latter undefined where the server sent none. */
export interface DownloadOrigin {
  format: ImageFormat;
  url: string;
  etag: string | undefined;
}

/** The ETag as it stands in names; one that no file name can hold beside a hash is left to the attributes. */
function etagPart({ etag }: DownloadOrigin): string {
  const part = etag === undefined ? '' : `.${escapeForFileName(etag)}`;
  const others = '.raw-'.length + 16 + '.roothash.p7s'.length;
  return part.length + others > NAME_MAX ? '' : part;
}

/** The suffix of an original's own file name: `.raw`, or nothing for a tree. */
function formatSuffix(format: ImageFormat): string {
  return format === 'raw' ? '.raw' : '';
}

/**
 * The hidden file name under which the pristine original of a download is kept in `root`, or what hangs off it:
 * `.raw-URL.ETAG.raw`, `.tar-URL.ETAG`, `.raw-URL.ETAG.nspawn`, `.raw-URL.ETAG.proofs`. Where the path would have 240 bytes or more, the URL is
 * replaced by its SipHash-2-4, so the result depends on the length of `root`.
 */
export function pristineName(origin: DownloadOrigin, root: string, suffix: '' | PristineSuffix = ''): string {
  const url = withoutUserinfo(origin.url);
  const etag = etagPart(origin);
  const build = (middle: string) =>
    `${prefixOf(origin.format)}${middle}${etag}${suffix || formatSuffix(origin.format)}`;
  const full = build(escapeForFileName(url));
  return Buffer.byteLength(`${root}/${full}`) >= pathLimit ? build(longName(url)) : full;
}

/** What a pristine original's file name says. */
export interface ParsedPristineName {
  format: ImageFormat;
  /** The URL; undefined where the name holds only its hash. */
  url: string | undefined;
  /** The hash of the URL in hexadecimal; undefined where the name holds the URL. */
  urlHash: string | undefined;
  /** The ETag, with its quotes; undefined where there is none, or none that can be compared. */
  etag: string | undefined;
}

/** Reads the file name of a pristine original; undefined for any other name, among them those of what hangs off originals. */
export function parsePristineName(fileName: string): ParsedPristineName | undefined {
  const match = /^\.(raw|tar)-([^.]+)(?:\.([^.]*))?(\.raw)?$/s.exec(fileName);
  const [, prefix, middle, etagPart, suffix] = match ?? [];
  if (middle === undefined) return undefined;
  const format = prefix === 'raw' ? 'raw' : 'tar';
  // A raw original without an ETag reads as ".raw-URL" + ".raw": there the third group took the suffix.
  const last = format === 'raw' && suffix === undefined ? undefined : etagPart;
  if (format === 'raw' && suffix === undefined && etagPart !== 'raw') return undefined;
  // What follows the URL is what hangs off a tree without an ETag: an entity tag has quotes.
  if (format === 'tar' && (suffix !== undefined || pristineSuffixes.some((each) => each === `.${etagPart}`)))
    return undefined;
  const etag = last === undefined ? undefined : unescapeFileName(last);
  const hashed = /^[0-9a-f]{1,16}$/.test(middle);
  return {
    format,
    url: hashed ? undefined : unescapeFileName(middle),
    urlHash: hashed ? middle : undefined,
    etag: etag !== undefined && isEntityTag(etag) ? etag : undefined,
  };
}

/** Whether the name of an original speaks of this URL, in full or by its hash. */
export function namesUrl(parsed: ParsedPristineName, url: string): boolean {
  const plain = withoutUserinfo(url);
  return parsed.url === plain || (parsed.urlHash !== undefined && parsed.urlHash === longName(plain));
}
