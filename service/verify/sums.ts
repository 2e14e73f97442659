import { cutText, escapeText } from '../../varlink/text.js';
import { type ChecksumLine, type DigestAlgorithm, type ReadLines, readLines } from './sum-lines.js';

export type { DigestAlgorithm } from './sum-lines.js';

/** What a checksum file says of a name. */
export type ListedDigest =
  | { readonly kind: 'listed'; readonly algorithm: DigestAlgorithm; readonly digest: string }
  | { readonly kind: 'unlisted' }
  /** Different digests for the same name, or for what may be the same name. */
  | { readonly kind: 'ambiguous'; readonly digests: readonly string[] };

const marker = /^BEST-BEFORE-([\d-]+)$/;

/** What of a listed name may be the name of a file: all of it, or the last component of a path on one system or another. */
const readings: readonly ((listed: string) => string)[] = [
  (listed) => listed,
  (listed) => listed.slice(listed.lastIndexOf('/') + 1),
  (listed) => listed.slice(Math.max(listed.lastIndexOf('/'), listed.lastIndexOf('\\')) + 1),
  // With the size before it, as in Debian's Release files.
  (listed) => listed.replace(/^\d+[ \t]+/, '').replace(/^.*\//s, ''),
];

/** A checksum file in any of the forms that are about (sum-lines.ts); sha256 and sha512 by length. */
export class Sums {
  readonly #text: string;
  readonly #lines: ReadLines;

  constructor(text: string, lines: ReadLines) {
    this.#text = text;
    this.#lines = lines;
  }

  get #entries(): readonly ChecksumLine[] {
    return this.#lines.entries;
  }

  /**
   * Looks a file up: by its name, then by its name percent-decoded, then by either as the last component of a path.
   * A bare digest answers only where the checksum file is the file's own.
   */
  lookUp(name: string, isOwn: boolean): ListedDigest {
    const named = this.#entries.filter((entry) => entry.name !== undefined && !marker.test(entry.name));
    const candidates = [...new Set([name, percentDecoded(name)])];
    for (const read of readings) {
      for (const candidate of candidates) {
        const found = named.filter((entry) => entry.name !== undefined && read(entry.name) === candidate);
        if (found.length > 0) return listingOf(found);
      }
    }
    const bare = this.#entries.filter((entry) => entry.name === undefined);
    return isOwn && bare.length > 0 ? listingOf(bare) : { kind: 'unlisted' };
  }

  /** Why it says nothing of a file, as the rest of a sentence about it. */
  lackOf(name: string): string {
    const entries = this.#entries.filter((entry) => entry.name === undefined || !marker.test(entry.name));
    const [only, second] = new Set(entries.map((entry) => entry.name ?? ''));
    const { odd, others } = this.#lines;
    const unread = odd.find((line) => line.includes(name)) ?? (entries.length === 0 ? odd[0] : undefined);
    if (unread !== undefined) return `has a checksum in a form that is not supported ('${shortened(unread)}')`;
    if (second !== undefined)
      return `does not list it, but ${new Set(entries.map((entry) => entry.name)).size} other files`;
    if (only !== undefined && only !== '') return `does not list it, but only '${shortened(only)}'`;
    if (only !== undefined) return 'has only a checksum without a name';
    if (others.length > 0) return `lists only ${others.join(' and ')} checksums; sha256 or sha512 is needed`;
    return lookOf(this.#text);
  }

  /**
   * The earliest date of the entries named BEST-BEFORE-YYYY-MM-DD, with which a publisher limits how long an old list
   * can be served (systemd-sysupdate's convention: it counts until the beginning of that day, UTC). Undefined if there are none.
   */
  get bestBefore(): string | undefined {
    return this.#dates.filter(isDay).sort()[0];
  }

  /** Names of such entries whose date is in no calendar. They say nothing, so a publisher should hear of them. */
  get falseMarkers(): string[] {
    return this.#dates.filter((date) => !isDay(date)).map((date) => `BEST-BEFORE-${date}`);
  }

  get #dates(): string[] {
    return this.#entries.map(({ name }) => marker.exec(name ?? '')?.[1]).filter((date) => date !== undefined);
  }
}

/** Whether a date from `bestBefore` has been reached. */
export function isExpired(date: string, now: Date): boolean {
  return now.getTime() >= Date.parse(date);
}

// Dates alone are read as UTC; the 30th of February would be taken for the 2nd of March.
function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function shortened(text: string): string {
  return escapeText(cutText(text, 160));
}

function lookOf(text: string): string {
  if (text.trim() === '') return 'is empty';
  if (/^\s*</.test(text)) return 'is HTML or XML, perhaps a login page, and not a checksum file';
  if (/^\s*(?:\{|\[\s*[{"\]])/.test(text)) return 'is JSON, and not a checksum file';
  return 'contains no sha256 or sha512 checksum';
}

// Files often give both; sha256 is computed in any case, so it is preferred.
function listingOf(entries: readonly ChecksumLine[]): ListedDigest {
  const algorithm = entries.some((entry) => entry.algorithm === 'sha256') ? 'sha256' : 'sha512';
  const digests = new Set(entries.filter((entry) => entry.algorithm === algorithm).map(({ digest }) => digest));
  const [digest = ''] = digests;
  return digests.size === 1 ? { kind: 'listed', algorithm, digest } : { kind: 'ambiguous', digests: [...digests] };
}

function percentDecoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Reads a checksum file. Lines that are none (comments, headings, other digests, HTML) are passed over. */
export function parseSums(text: string): Sums {
  const lines = withoutSignature(text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r|\0/));
  return new Sums(text, readLines(lines));
}

/** The text of a checksum file, which PowerShell writes in UTF-16. */
export function decodeSums(bytes: Buffer): string {
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return bytes.toString('utf16le');
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0))
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf8');
}

// A clear-signed file: what counts is between the headers and the signature, with "- " before lines that begin with "-".
function withoutSignature(lines: readonly string[]): readonly string[] {
  const begin = lines.findIndex((line) => /^-----BEGIN PGP SIGNED MESSAGE-----\s*$/.test(line));
  const end = lines.findIndex((line) => /^-----BEGIN PGP SIGNATURE-----\s*$/.test(line));
  if (begin < 0 || end < begin) return lines;
  const headersEnd = lines.findIndex((line, index) => index > begin && line.trim() === '');
  return lines.slice(headersEnd + 1, end).map((line) => line.replace(/^- /, ''));
}
