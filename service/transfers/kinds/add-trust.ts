import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeDirectory as makeDirectories } from '../../../common/directories.js';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { fileSystemFailure } from '../../images/install/file-system-failure.js';
import type { Minimum, TrustEntry } from '../../verify/trust/entry.js';
import { isWithin, type Pattern, parsePattern } from '../../verify/trust/pattern.js';
import type { Host } from '../host.js';
import { type DescribedKey, describeKeys } from './describe-keys.js';
import { ownTrustDirectory, readTrustEntries, type TrustSettings, trustDirectories } from './trust-files.js';

/** An entry that a caller wants. */
export interface TrustRequest {
  readonly pattern: Pattern;
  readonly name: string;
  readonly keyring: Buffer;
  readonly minimum: Minimum | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface AddedTrust {
  readonly path: string;
  readonly keyringPath: string;
  readonly keys: readonly DescribedKey[];
}

/**
 * What a new entry can be for: not for the hosts of a whole top-level domain, and not for all files.
 *
 * @throws Failure InvalidUrl
 */
export function checkPattern(text: string): Pattern {
  const pattern = parsePattern(text);
  if (typeof pattern === 'string') throw invalidUrl(text, pattern);
  if (pattern.isGlob && !pattern.host.includes('.')) throw invalidUrl(text, 'covers too many hosts');
  if (pattern.scheme === 'file:' && pattern.path === '/') throw invalidUrl(text, 'covers all files');
  return pattern;
}

function invalidUrl(text: string, reason: string): Failure {
  const url = escapeText(text);
  return new Failure('InvalidUrl', `Cannot trust keys for '${url}': it ${reason}`, { url });
}

/**
 * The name of the new entry: the one given, or one made of what it covers.
 *
 * @throws Failure InvalidName
 */
export function entryName(given: string | undefined, { scheme, host, port, path }: Pattern): string {
  const place = scheme === 'file:' ? `file${path}` : `${host}${port ? `-${port}` : ''}${path}`;
  const name =
    given ??
    place
      .replace(/[^A-Za-z0-9.]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 200);
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,199}$/.test(name)) return name;
  const message = `Cannot name a trust entry '${escapeText(name)}': use letters, digits, '.', '-', '_' and '@'`;
  throw new Failure('InvalidName', message, { name });
}

/**
 * Writes an entry and its keyring; nothing with `dryRun`.
 *
 * @throws Failure VerificationFailed when the keyring holds no key that can be trusted
 * @throws Failure EntryExists when there is an entry of that name or for these URLs; not with `force` for one of that name
 * @throws Failure FileSystemError, InsufficientSpace when it cannot be written
 * @throws as describeKeys()
 */
export async function addTrust(host: Host, request: TrustRequest, signal: AbortSignal): Promise<AddedTrust> {
  const { name, keyring, dryRun } = request;
  const directory = directoryFor(host);
  const [path, keyringPath] = [join(directory, `${name}.conf`), join(directory, `${name}.key`)];
  refuseExisting(await readTrustEntries(trustDirectories(host)), request, path);
  const keys = await usableKeys(host, keyring, signal);
  if (!dryRun) {
    await makeDirectory(directory);
    await replaceFile(keyringPath, keyring);
    await replaceFile(path, Buffer.from(textOf(request)));
  }
  return { path, keyringPath, keys };
}

function directoryFor(settings: TrustSettings): string {
  const directory = ownTrustDirectory(settings);
  if (directory !== undefined) return directory;
  const message = 'Cannot store the trust entry: neither $XDG_CONFIG_HOME nor $HOME is an absolute path';
  throw new Failure('FileSystemError', message, { path: '~/.config', errorName: 'ENOENT' });
}

function textOf({ pattern, name, minimum }: TrustRequest): string {
  const verify = minimum === undefined ? [] : [`Verify=${minimum}`];
  return [
    '# Written by ferryctl trust add',
    '[Trust]',
    `URL=${pattern.text}`,
    `Keyring=${name}.key`,
    ...verify,
    '',
  ].join('\n');
}

/** One of another directory would be masked, one for the same URLs might count in its place. */
function refuseExisting(entries: readonly TrustEntry[], { name, pattern, force }: TrustRequest, path: string): void {
  const namesake = entries.find((entry) => entry.name === name);
  if (namesake !== undefined && !force)
    throw exists(
      `There is a trust entry '${name}' already (${escapeText(namesake.path)}); give another --name=, or use --force`,
      namesake,
    );
  const rival = entries.find(
    (entry) => entry.name !== name && dirname(entry.path) === dirname(path) && isFor(entry, pattern),
  );
  if (rival !== undefined)
    throw exists(
      `The trust entry ${escapeText(rival.path)} is for '${escapeText(pattern.text)}' already; add the key there, or remove it`,
      rival,
    );
}

function isFor({ patterns }: TrustEntry, pattern: Pattern): boolean {
  return patterns.some((each) => isWithin(each, pattern) && isWithin(pattern, each));
}

function exists(message: string, { path }: TrustEntry): Failure {
  return new Failure('EntryExists', message, { path });
}

/** What a keyring of the caller is called before it has a path. */
const given = 'given';

async function usableKeys(host: Host, bytes: Buffer, signal: AbortSignal): Promise<readonly DescribedKey[]> {
  if (holdsSecret(bytes)) throw unusable('it holds a private key; export the public one');
  const {
    keys,
    unusable: [nothing],
  } = await describeKeys(host, [{ path: given, base64: bytes.toString('base64') }], signal);
  if (nothing !== undefined) throw new Failure('VerificationFailed', nothing.message, { file: given });
  const [first] = keys;
  if (keys.some(({ problem }) => problem === undefined)) return keys;
  throw unusable(`none of its keys counts: key ${first?.fingerprint} ${first?.problem ?? ''}`);
}

function unusable(reason: string): Failure {
  return new Failure('VerificationFailed', `Cannot trust the keyring: ${reason}`, {
    file: given,
  });
}

/** Secret keys of OpenPGP (RFC 9580, 4.3: packets 5 and 7), and files that say what they are. */
function holdsSecret(bytes: Buffer): boolean {
  const [first = 0] = bytes;
  const tag = (first & 0xc0) === 0xc0 ? first & 0x3f : (first & 0xc0) === 0x80 ? (first >> 2) & 0x0f : 0;
  return tag === 5 || tag === 7 || /PRIVATE KEY|secret key/.test(bytes.toString('latin1'));
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    makeDirectories(dirname(dirname(directory)));
    for (const each of [dirname(directory), directory]) await makeReadable(each);
  } catch (error) {
    throw fileSystemFailure(error, directory) ?? error;
  }
}

/** What was there before stays as it is. */
async function makeReadable(directory: string): Promise<void> {
  try {
    await mkdir(directory);
    await chmod(directory, 0o755);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** At every instant there is the old file or the new one. */
async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const temporary = join(dirname(path), `.#${basename(path)}-${randomBytes(6).toString('hex')}`);
  try {
    await using file = await open(temporary, 'wx', 0o644);
    await file.writeFile(bytes);
    await file.chmod(0o644);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileSystemFailure(error, path) ?? error;
  }
}
