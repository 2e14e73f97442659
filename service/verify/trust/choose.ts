import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { escapeText } from '../../../varlink/text.js';
import { type Minimum, minimums, type TrustEntry } from './entry.js';
import { type Location, readingsOf } from './location.js';
import { compareSpecificity, covers, type Pattern } from './pattern.js';

/** An entry that covers a URL, and the most specific of its patterns that does. */
export interface Covering {
  readonly entry: TrustEntry;
  /** Undefined where nobody knows what the entry covers. */
  readonly pattern: Pattern | undefined;
}

/**
 * The entries that cover a URL, the one that counts first. `entries` come in the order of their directories, and of the names of their
 * files in these: of two that cover a URL as specifically the first one counts.
 *
 * @throws Failure VerificationFailed when servers may read the URL in two ways, for which different entries count
 */
export function coveringEntries(entries: readonly TrustEntry[], url: string): Covering[] {
  const [literal = [], resolved = literal] = readingsOf(url).map((location) => coveringAt(entries, location));
  if (literal[0]?.entry === resolved[0]?.entry) return literal;
  const names = [literal[0], resolved[0]].map((covering) => (covering ? placeOf(covering.entry) : 'no entry'));
  throw refusal(
    `Cannot verify '${displayUrl(url)}': servers may read its path in two ways, for which different trust entries count (${names.join(', ')}); write it without '//', '%2F' and '%5C'`,
    url,
  );
}

function coveringAt(entries: readonly TrustEntry[], location: Location): Covering[] {
  return entries.flatMap((entry) => coverageOf(entry, location) ?? []).sort((a, b) => compareCoverings(a, b));
}

function coverageOf(entry: TrustEntry, location: Location): Covering | undefined {
  if (entry.mayCoverAll) return { entry, pattern: undefined };
  const [pattern] = entry.patterns.filter((each) => covers(each, location)).sort(compareSpecificity);
  return pattern && { entry, pattern };
}

/** What may cover anything may also be the most specific. */
function compareCoverings(a: Covering, b: Covering): number {
  if (a.pattern === undefined || b.pattern === undefined)
    return Number(b.pattern === undefined) - Number(a.pattern === undefined);
  return compareSpecificity(a.pattern, b.pattern);
}

/**
 * The entry that counts for a URL; undefined if none covers it.
 *
 * @throws Failure VerificationFailed when there is something wrong with an entry that would count or may cover it, or when servers may
 *   read the URL in two ways, for which different entries count
 */
export function chooseEntry(entries: readonly TrustEntry[], url: string): TrustEntry | undefined {
  const entry = coveringEntries(entries, url)[0]?.entry;
  if (entry !== undefined) checkFaults(entry, url);
  return entry;
}

/**
 * An entry with a fault is not used: nobody knows what it was to demand.
 *
 * @throws Failure VerificationFailed when it has one
 */
export function checkFaults({ path, faults: [fault] }: TrustEntry, url: string): void {
  if (fault === undefined) return;
  throw refusal(
    `Cannot verify '${displayUrl(url)}': the trust entry ${escapeText(path)}:${fault.line} ${escapeText(fault.reason)}; correct it`,
    path,
  );
}

/**
 * Holds what a caller wants against the minimum of the entry that counts.
 *
 * @throws Failure VerificationFailed when it is less
 */
export function checkMinimum(entry: TrustEntry, wanted: Minimum, url: string): void {
  const { minimum = 'no', path } = entry;
  if (minimums.indexOf(wanted) >= minimums.indexOf(minimum)) return;
  const message = `Cannot pull '${displayUrl(url)}' with --verify=${wanted}: ${escapeText(path)} demands Verify=${minimum}; use --verify=${minimum}, or ${digestAdvice(url)}`;
  throw new Failure('VerificationFailed', message, { file: path, expected: minimum, found: wanted });
}

/** What to do instead of meeting a demand. */
function digestAdvice(url: string): string {
  return url.startsWith('docker:')
    ? 'give the digest behind the reference, as in @sha256:…'
    : 'give the digest with --digest=';
}

/**
 * A checksum file of an entry is read in the way in which the image is: from files, or from servers.
 *
 * @throws Failure VerificationFailed when that is not possible
 */
export function checkChecksumFiles({ checksumFiles, path }: TrustEntry, url: string): void {
  const other = checksumFiles.find((each) => isUrl(each) && isFileUrl(each) !== isFileUrl(url));
  if (other === undefined) return;
  const form = isFileUrl(url) ? 'a name or a file:// URL' : 'a name or an https:// URL';
  throw refusal(
    `Cannot verify '${displayUrl(url)}': ${escapeText(path)} sets ChecksumFile=${displayUrl(other)}, which cannot belong to it; set ${form} there`,
    path,
  );
}

function isUrl(text: string): boolean {
  return /^[a-z]+:/i.test(text);
}

function isFileUrl(text: string): boolean {
  return /^file:/i.test(text);
}

/**
 * Whether keyrings of the caller count beside those of an entry is for the entry to say.
 *
 * @throws Failure VerificationFailed when they do not
 */
export function checkCallersKeys(entry: TrustEntry, url: string): void {
  if (entry.minimum === undefined && entry.fingerprints.length === 0) return;
  const setting = entry.minimum === undefined ? 'Fingerprint=' : 'Verify=';
  throw refusal(
    `Cannot use --keyring= for '${displayUrl(url)}': ${escapeText(entry.path)} sets ${setting}, so only its own keys count; leave out --keyring=`,
    entry.path,
  );
}

/** Where an entry is, for people. */
function placeOf({ path, line }: TrustEntry): string {
  return `${escapeText(path)}:${line}`;
}

function refusal(message: string, file: string): Failure {
  return new Failure('VerificationFailed', message, { file });
}
