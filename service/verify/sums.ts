export type DigestAlgorithm = 'sha256' | 'sha512';

/** What a checksum file says of a name. */
export type ListedDigest =
  | { readonly kind: 'listed'; readonly algorithm: DigestAlgorithm; readonly digest: string }
  | { readonly kind: 'unlisted' }
  /** Different digests for the same name, or for what may be the same name. */
  | { readonly kind: 'ambiguous'; readonly digests: readonly string[] };

interface ChecksumLine {
  /** undefined: a digest that stands alone, as in many `FILE.sha256`. */
  readonly name: string | undefined;
  readonly algorithm: DigestAlgorithm;
  readonly digest: string;
}

const marker = /^BEST-BEFORE-([\d-]+)$/;

/** A checksum file in any of the styles that are about: GNU, BSD, OpenSSL, a bare digest; sha256 and sha512 by length. */
export class Sums {
  readonly #entries: readonly ChecksumLine[];

  constructor(entries: readonly ChecksumLine[]) {
    this.#entries = entries;
  }

  /** How many files it lists, for messages. */
  get size(): number {
    return new Set(this.#entries.map(({ name }) => name)).size;
  }

  /**
   * Looks a file up: by its name, then by its name percent-decoded, then by either as the last component of a path.
   * A bare digest answers only where the checksum file is the file's own.
   */
  lookUp(name: string, isOwn: boolean): ListedDigest {
    const named = this.#entries.filter((entry) => entry.name !== undefined && !marker.test(entry.name));
    const candidates = [...new Set([name, percentDecoded(name)])];
    for (const read of [(path: string) => path, (path: string) => path.slice(path.lastIndexOf('/') + 1)]) {
      for (const candidate of candidates) {
        const found = named.filter((entry) => entry.name !== undefined && read(entry.name) === candidate);
        if (found.length > 0) return listingOf(found);
      }
    }
    const bare = this.#entries.filter((entry) => entry.name === undefined);
    return isOwn && bare.length > 0 ? listingOf(bare) : { kind: 'unlisted' };
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
  const lines = withoutSignature(text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/));
  return new Sums(lines.map(parseLine).filter((entry) => entry !== undefined));
}

// A clear-signed file: what counts is between the headers and the signature, with "- " before lines that begin with "-".
function withoutSignature(lines: readonly string[]): readonly string[] {
  const begin = lines.findIndex((line) => /^-----BEGIN PGP SIGNED MESSAGE-----\s*$/.test(line));
  const end = lines.findIndex((line) => /^-----BEGIN PGP SIGNATURE-----\s*$/.test(line));
  if (begin < 0 || end < begin) return lines;
  const headersEnd = lines.findIndex((line, index) => index > begin && line.trim() === '');
  return lines.slice(headersEnd + 1, end).map((line) => line.replace(/^- /, ''));
}

const digestPattern = '[0-9a-fA-F]{64}|[0-9a-fA-F]{128}';
const bareLine = new RegExp(`^(${digestPattern})$`);
// Text mode has two spaces, binary mode a space and an asterisk; systemd also takes a single space.
const gnuLine = new RegExp(`^(\\\\?)(${digestPattern})(?: [ *]|[ \\t]+\\*?)(.+)$`);
const taggedLine = new RegExp(`^(\\\\?)SHA(?:2-)?-?(256|512) ?\\((.+)\\) ?= ?(${digestPattern})$`, 'i');

function parseLine(raw: string): ChecksumLine | undefined {
  const line = raw.trim();
  const bare = bareLine.exec(line)?.[1];
  if (bare !== undefined) return { name: undefined, ...digestOf(bare) };
  const tagged = taggedLine.exec(line);
  if (tagged) return taggedEntry(tagged);
  const [, escaped, digest, name] = gnuLine.exec(line) ?? [];
  if (digest === undefined || name === undefined) return undefined;
  return { name: cleanName(name.trim(), escaped !== ''), ...digestOf(digest) };
}

function taggedEntry([, escaped, bits, name = '', digest = '']: readonly (string | undefined)[]):
  | ChecksumLine
  | undefined {
  const found = digestOf(digest);
  return found.algorithm === `sha${bits}` ? { name: cleanName(name, escaped !== ''), ...found } : undefined;
}

function digestOf(text: string): { algorithm: DigestAlgorithm; digest: string } {
  return { algorithm: text.length === 64 ? 'sha256' : 'sha512', digest: text.toLowerCase() };
}

// A line that begins with a backslash has newlines and backslashes of the name escaped (sha256sum(1)).
function cleanName(name: string, isEscaped: boolean): string {
  const replacements: Record<string, string> = { n: '\n', r: '\r', '\\': '\\' };
  const plain = isEscaped ? name.replace(/\\([nr\\])/g, (_, letter: string) => replacements[letter] ?? letter) : name;
  return plain.replace(/^(?:\.\/+)+/, '');
}
