import { stripRawSuffixes, stripTarSuffix } from '../../../common/suffixes.js';
import type { SignatureScheme } from '../detached.js';

/*
 * Which files beside an image may say what it must be. What real publishers name them stands here alone: checksum files, their
 * signatures, and signatures over the image itself.
 */

type Scheme = SignatureScheme;

/** Suffixes of a checksum file that belongs to one file. */
const ownSuffixes = [
  '.sha256',
  '.SHA256',
  '.SHA256SUM',
  '.CHECKSUM',
  '.sha512',
  '.DIGESTS',
  '.SHA512',
  '.SHA512SUM',
  '.DIGESTS.asc',
];
/** Names of a checksum file for all that lies in a directory. */
const sharedNames = [
  'SHA256SUMS',
  'CHECKSUM',
  'sha256sums',
  'sha256sum.txt',
  'sha256sums.txt',
  'checksums.txt',
  'SHA512SUMS',
];

/** Suffixes of detached signatures with the schemes that use them, the usual ones first. */
const signatureSuffixes: readonly (readonly [suffix: string, schemes: readonly Scheme[]])[] = [
  ['.asc', ['openpgp']],
  ['.minisig', ['minisign']],
  ['.sshsig', ['openssh']],
  ['.p7s', ['pkcs7']],
  ['.sig', ['openpgp', 'minisign', 'signify', 'openssh']],
  ['.sign', ['openpgp']],
  ['.gpg', ['openpgp']],
];

const allSchemes: ReadonlySet<Scheme> = new Set(signatureSuffixes.flatMap(([, schemes]) => schemes));

/** How many small files are asked for to learn what an image must be, in all. */
const requestMax = 24;

export function isSignatureName(name: string): boolean {
  return signatureSuffixes.some(([suffix]) => name.endsWith(suffix));
}

/** Whether a file holds checksums or a signature by its name, so that nothing vouches for it. */
export function isProofName(name: string): boolean {
  return isSignatureName(name) || sharedNames.includes(name) || ownSuffixes.some((suffix) => name.endsWith(suffix));
}

/** The checksum file that belongs to a file alone, where a digest without a name is its digest. */
export function isOwnList(list: string, file: string): boolean {
  return ownSuffixes.some((suffix) => list === `${file}${suffix}`);
}

/** The checksum files that may list a file, in the order in which they count: those with SHA-256, which is computed in any case, first. */
export function listNames(file: string): string[] {
  const own = ownSuffixes.map((suffix) => `${file}${suffix}`);
  const [ownUsual = '', ...ownOthers] = own;
  const [sharedUsual = '', ...sharedOthers] = sharedNames;
  const names = [ownUsual, sharedUsual, ...fedoraNames(file), ...sharedOthers, ...outputNames(file), ...ownOthers];
  return [...new Set(names)].sort((one, other) => Number(isSha512(one)) - Number(isSha512(other)));
}

function isSha512(name: string): boolean {
  return /sha512|\.DIGESTS/i.test(name);
}

/** What mkosi writes: the name of its output without the suffixes of the format and the compression. */
function outputNames(file: string): string[] {
  const stems = [stripRawSuffixes(file), stripTarSuffix(file)].filter((stem) => stem !== file && stem !== '');
  return stems.map((stem) => `${stem}.SHA256SUMS`);
}

const fedoraArchitecture = /[.-](x86_64|aarch64|ppc64le|s390x|riscv64|armhfp|i[36]86)(?=[.-])/;
const fedoraBuild = /-(\d+(?:_Beta)?|Rawhide|ELN)-(\d[\d.n]*\d)(?=[.-])/i;

/** Fedora's lists are named after what they list: `Fedora-Cloud-43-1.6-x86_64-CHECKSUM` is that of `Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2`. */
function fedoraNames(file: string): string[] {
  const [, product] = /^Fedora-([A-Za-z]+)[.-]/.exec(file) ?? [];
  const [, architecture] = fedoraArchitecture.exec(file) ?? [];
  const [, version, build = ''] = fedoraBuild.exec(file) ?? [];
  if (product === undefined || architecture === undefined || version === undefined) return [];
  const released = `Fedora-${product}-${version}-${build}-${architecture}-CHECKSUM`;
  // Below development/ the folder is part of the name; older ones lack it.
  const folder = file.endsWith('.iso') ? 'iso' : 'images';
  const developed = `Fedora-${product}-${folder}-${version}-${architecture}-${build}-CHECKSUM`;
  const older = `Fedora-${product}-${version}-${architecture}-${build}-CHECKSUM`;
  // What is composed each night has its date for a build.
  return /^\d{8}\./.test(build) ? [developed, released, older] : [released, developed];
}

/** The detached signatures that a file may have, by the schemes that there are keys for. */
export function signatureNames(file: string, schemes: ReadonlySet<Scheme>): string[] {
  const usable = signatureSuffixes.filter(([, users]) => users.some((scheme) => schemes.has(scheme)));
  // Those over sha256sum.txt are named after sha256sum, too.
  const bare = /^(\w+)\.txt$/.exec(file)?.[1];
  const short = bare !== undefined && (schemes.has('minisign') || schemes.has('signify')) ? [`${bare}.sig`] : [];
  const names = [...short, ...usable.map(([suffix]) => appended(file, suffix))];
  return /SUMS$/.test(file) ? names.sort((one, other) => rank(one) - rank(other)) : names;
}

/** What Ubuntu and mkosi have comes first, then what others and Debian have. */
const usualOrder = ['.gpg', '.asc', '.sign'];

function rank(name: string): number {
  const at = usualOrder.findIndex((suffix) => name.endsWith(suffix));
  return at < 0 ? usualOrder.length : at;
}

/** A name or URL with a suffix on its path. */
function appended(file: string, suffix: string): string {
  return file.replace(/(?=[?#]|$)/, suffix);
}

/** What one round of requests asks for. */
export interface SearchState {
  readonly image: string;
  /** undefined: signatures are not needed. */
  readonly schemes: ReadonlySet<Scheme> | undefined;
  /** Checksum files that are known to be the publisher's. */
  readonly preferred: readonly string[];
  readonly asked: ReadonlySet<string>;
  /** Checksum files that list the image, but that no signature has been found for. */
  readonly unsigned: readonly string[];
}

/** Signatures that are asked for together with the list that they are over: most pulls are from there. */
const usualSignatures = ['SHA256SUMS.gpg', 'SHA256SUMS.asc'];
/** How many requests are left for the second round: as many as a list may have signatures by OpenPGP. */
const reserved = 4;

/** The first files that are asked for, all at once: every list, since only then its signature can be asked for. */
export function firstRound(state: SearchState): string[] {
  const { image, schemes, preferred } = state;
  if (preferred.length > 0)
    return cut([...preferred.flatMap((list) => withSignatures(list, schemes)), ...ofImage(state)]);
  const lists = listNames(image);
  if (schemes === undefined) return cut(lists);
  const usual = signatureNames('SHA256SUMS', schemes).filter((name) => usualSignatures.includes(name));
  return cut([...lists.slice(0, 2), ...usual, ...ofImage(state), ...lists.slice(2)]).slice(0, requestMax - reserved);
}

function withSignatures(list: string, schemes: ReadonlySet<Scheme> | undefined): string[] {
  return [list, ...(schemes === undefined ? [] : signatureNames(list, schemes))];
}

/** Signatures over the image itself that are usual. */
function ofImage({ image, schemes }: SearchState): string[] {
  return schemes === undefined
    ? []
    : signatureNames(image, schemes).filter((name) => !name.endsWith('.gpg') && !name.endsWith('.sign'));
}

/** What is asked for when that was not enough: the other signatures of the lists that were found, and what else there may be. */
export function secondRound(state: SearchState): string[] {
  const { image, schemes, preferred, asked, unsigned } = state;
  const left = requestMax - asked.size;
  if (preferred.length > 0)
    return firstRound({ ...state, preferred: [] })
      .filter((name) => !asked.has(name))
      .slice(0, left);
  const signatures =
    schemes === undefined
      ? []
      : inTurn(unsigned.map((list) => signatureNames(list, schemes).filter((name) => !asked.has(name))));
  const over = schemes === undefined ? [] : signatureNames(image, schemes);
  const wanted = new Set([...signatures, ...over, ...listNames(image)]);
  return [...wanted].filter((name) => !asked.has(name)).slice(0, left);
}

/** The first of each, then the second of each, and so on: no list uses up the requests for others. */
function inTurn(lists: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...lists.map((names) => names.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((names) => names[index] ?? [])).flat();
}

function cut(names: readonly string[]): string[] {
  return [...new Set(names)].slice(0, requestMax);
}

/** Whether a file beside an image, or beside one of its sidecars, may say what it must be. */
export function mayProve(name: string, image: string): boolean {
  const files = [image, ...listNames(image)];
  return files.some((file) => name === file || signatureNames(file, allSchemes).includes(name));
}
