export type DigestAlgorithm = 'sha256' | 'sha512';

export interface ChecksumLine {
  /** undefined: a digest that stands alone, as in many `FILE.sha256`. */
  readonly name: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

/** What the lines of a checksum file say. */
export interface ReadLines {
  readonly entries: readonly ChecksumLine[];
  /** Other algorithms that it has checksums of. */
  readonly others: readonly string[];
  /** Lines with checksums in forms that are not known: the first ones, for messages. */
  readonly odd: readonly string[];
}

const digestPattern = '[0-9a-fA-F]{64}|[0-9a-fA-F]{128}';
const shaPattern = 'SHA(?:2-)?-?(256|512)';
/** Matches of these are the number of bits, the name, and the digest. */
const taggedLines = [
  // BSD and OpenSSL: `SHA256 (NAME) = DIGEST`, `SHA2-256(NAME)= DIGEST`.
  new RegExp(`^\\\\?${shaPattern} *\\((.+)\\) *= *(${digestPattern})$`, 'i'),
  // `sha256:DIGEST`, `SHA256 = DIGEST`.
  new RegExp(`^${shaPattern}()[ \\t]*[:=-][ \\t]*(${digestPattern})$`, 'i'),
];
/** `sha256:DIGEST  NAME`, and the table of Get-FileHash: `SHA256   DIGEST   PATH`. */
const prefixedLine = new RegExp(
  `^${shaPattern}(?:[ \\t]*[:=][ \\t]*|[ \\t]+|-)(${digestPattern})[ \\t]+\\*?(.+)$`,
  'i',
);
const bareLine = new RegExp(`^(${digestPattern})$`);
// Text mode has two spaces, binary mode a space and an asterisk; systemd also takes a single space.
const gnuLine = new RegExp(`^(\\\\?)(${digestPattern})(?: [ *]|[ \\t]+\\*?)(.+)$`);
/** `NAME DIGEST`, `NAME: DIGEST`, `NAME = sha256:DIGEST`. */
const nameFirstLine = new RegExp(
  `^([^\\s=]+?)[ \\t]*[:=]?[ \\t]+(?:${shaPattern}[ \\t]*[:= ][ \\t]*)?(${digestPattern})$`,
  'i',
);
/** Subresource integrity, `sha256-BASE64`, perhaps with a name. */
const integrityLine = /^sha(256|512)[-:]([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)(?:[ \t]+\*?(.+))?$/i;
/** What begins a comment. */
const comment = /^(?:#|;|\/\/|<)/;
/** `# SHA512 HASH` over the lines of one algorithm, as in Gentoo's DIGESTS. */
const heading = /^#+[ \t]*([A-Z0-9][A-Z0-9/-]*)(?:[ \t]+(?:HASH|CHECKSUMS?))?:?$/i;
const otherAlgorithm =
  /^(MD[245]|SHA-?1|SHA-?224|SHA-?384|SHA3-\d+|SHA512\/\d+|BLAKE[23][A-Z]*(?:-\d+)?|B[23]|WHIRLPOOL|RMD160|RIPEMD-?160|SM3|CRC32|TIGER|STREEBOG-?\d*)$/i;
/** How long digests are that other algorithms make, in hexadecimal digits. */
const otherLengths: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 56: 'sha224', 96: 'sha384' };
/** Names that a program has for what it read from standard input. */
const standardInput = ['-', 'stdin', '(stdin)'];

const oddMax = 1000;

/** Reads the lines of a checksum file, in any of the forms that are about. */
export function readLines(lines: readonly string[]): ReadLines {
  const entries: ChecksumLine[] = [];
  const others = new Set<string>();
  const odd: string[] = [];
  let foreign: string | undefined;
  for (const line of joined(lines.map((raw) => raw.trim()))) {
    const under = heading.exec(line)?.[1];
    if (under !== undefined) foreign = otherAlgorithm.test(under) ? under.toLowerCase() : undefined;
    if (line === '' || comment.test(line)) continue;
    const entry = foreign === undefined ? parseLine(line) : undefined;
    const other = entry === undefined ? (foreignDigest(line) ?? foreign) : undefined;
    if (entry !== undefined) entries.push(entry);
    else if (other !== undefined) others.add(other);
    else if (odd.length < oddMax && hasDigest(line)) odd.push(line);
  }
  return { entries, others: [...others], odd };
}

function hasDigest(line: string): boolean {
  return /(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{128})(?![0-9a-f])/i.test(line);
}

/** The algorithm of a checksum that does not count. */
function foreignDigest(line: string): string | undefined {
  const tag = /^([A-Z0-9/-]+) *[(:=]/i.exec(line)?.[1];
  if (tag !== undefined && otherAlgorithm.test(tag)) return tag.toLowerCase();
  const digits = /^\\?([0-9a-f]+)(?:\s|$)/i.exec(line)?.[1] ?? '';
  return otherLengths[digits.length];
}

function parseLine(line: string): ChecksumLine | undefined {
  return parseCommon(line) ?? parseRare(line);
}

function parseCommon(line: string): ChecksumLine | undefined {
  const bare = bareLine.exec(line)?.[1];
  if (bare !== undefined) return { name: undefined, ...digestOf(bare) };
  const [, escaped, digest, name] = gnuLine.exec(line) ?? [];
  if (digest !== undefined && name !== undefined) return { name: nameOf(name, escaped !== ''), ...digestOf(digest) };
  for (const form of taggedLines) {
    const [, bits, tagged = '', hex] = form.exec(line) ?? [];
    if (hex !== undefined) return withBits(bits, nameOf(tagged, line.startsWith('\\')), hex);
  }
  return undefined;
}

function parseRare(line: string): ChecksumLine | undefined {
  const [, bits, digest, name = ''] = prefixedLine.exec(line) ?? [];
  if (digest !== undefined) return withBits(bits, nameOf(name, false), digest);
  const [, length, base64, named = ''] = integrityLine.exec(line) ?? [];
  if (base64 !== undefined)
    return withBits(length, nameOf(named, false), Buffer.from(base64, 'base64').toString('hex'));
  const [, first = '', said, hex] = nameFirstLine.exec(line.replace(/[ \t]+/g, ' ')) ?? [];
  if (hex === undefined || otherAlgorithm.test(first.replace(/:$/, ''))) return undefined;
  return withBits(said, nameOf(first.replace(/:$/, ''), false), hex);
}

/** Undefined where the digest is not as long as the line says. */
function withBits(bits: string | undefined, name: string | undefined, digest: string): ChecksumLine | undefined {
  const found = digestOf(digest);
  return bits === undefined || found.algorithm === `sha${bits}` ? { name, ...found } : undefined;
}

function digestOf(text: string): { algorithm: DigestAlgorithm; digest: string } {
  return { algorithm: text.length === 64 ? 'sha256' : 'sha512', digest: text.toLowerCase() };
}

// A line that begins with a backslash has newlines and backslashes of the name escaped (sha256sum(1)).
function nameOf(raw: string, isEscaped: boolean): string | undefined {
  const name = raw.trim();
  if (name === '' || standardInput.includes(name)) return undefined;
  const replacements: Record<string, string> = { n: '\n', r: '\r', '\\': '\\' };
  const plain = isEscaped ? name.replace(/\\([nr\\])/g, (_, letter: string) => replacements[letter] ?? letter) : name;
  return plain.replace(/^(?:\.[/\\]+)+/, '');
}

/** `NAME:`, and perhaps the first digits. */
const opening = /^(\S.*?):(?:[ \t]+(.*))?$/;
/** What certutil has before the name. */
const certutil = /^SHA-?(?:256|512) hash of (?:file )?/i;
const algorithmName = /^SHA(?:2-)?-?(?:256|512)$/i;
const groups = /^[0-9a-f]{2,}(?:[ \t]+[0-9a-f]{2,})*$/i;
/** Format-List of Get-FileHash. */
const listed = { digest: /^Hash[ \t]*:[ \t]*([0-9a-f]+)$/i, path: /^Path[ \t]*:[ \t]*(.+)$/i };

/** The lines, with digests that `gpg --print-md`, certutil and Get-FileHash spread over several lines on one. */
function joined(lines: readonly string[]): string[] {
  const result: string[] = [];
  for (let index = 0; index < lines.length; ) {
    const taken = spread(lines, index) ?? { line: lines[index] ?? '', count: 1 };
    result.push(taken.line);
    index += taken.count;
  }
  return result;
}

interface Spread {
  readonly line: string;
  /** Of lines. */
  readonly count: number;
}

function spread(lines: readonly string[], index: number): Spread | undefined {
  const line = lines[index] ?? '';
  if (comment.test(line)) return undefined;
  if (isPart(line)) return gathered(lines, index, '', '');
  const digest = listed.digest.exec(line)?.[1];
  const path = digest && listed.path.exec(lines[index + 1] ?? '')?.[1];
  if (path !== undefined) return { line: `${digest}  ${path}`, count: 2 };
  const [, subject = '', rest = ''] = opening.exec(line) ?? [];
  const name = subject.replace(certutil, '');
  if (name === '' || algorithmName.test(name) || otherAlgorithm.test(name)) return undefined;
  const first = rest.replace(/^SHA-?(?:256|512)[ \t]*=[ \t]*/i, '');
  if (first !== '' ? !groups.test(first) : name === subject && !isPart(lines[index + 1] ?? '')) return undefined;
  return gathered(lines, index + 1, name, first, 1);
}

/** Whether it is digits in groups, or too few for a digest of their own; as many on a line as any program writes. */
function isPart(line: string): boolean {
  return line.length >= 16 && groups.test(line) && !bareLine.test(line);
}

/** Adds lines of digits until there are as many as a digest has; undefined if there never are. */
function gathered(lines: readonly string[], from: number, name: string, first: string, before = 0): Spread | undefined {
  let digits = first.replace(/\s/g, '');
  for (let index = from; ; index++) {
    const next = lines[index] ?? '';
    if (isWhole(digits, next))
      return { line: name === '' ? digits : `${digits}  ${name}`, count: before + index - from };
    if (digits.length >= 128 || !groups.test(next)) return undefined;
    digits += next.replace(/\s/g, '');
  }
}

/** 64 digits may be half of 128, unless none follow. */
function isWhole(digits: string, next: string): boolean {
  return digits.length === 128 || (digits.length === 64 && !isPart(next));
}
