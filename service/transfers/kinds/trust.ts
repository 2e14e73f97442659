import { readFile } from 'node:fs/promises';
import { errnoWords } from '../../../common/errno.js';
import { Failure } from '../../../common/failure.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { isAsStrict } from '../../images/pristine/record.js';
import { hasDigest } from '../../processes/ipc/download.js';
import type { Download, Verification, VerificationRecord } from '../../processes/ipc/messages.js';
import type { Keyring } from '../../verify/keyrings.js';
import { checkCallersKeys, checkChecksumFiles, checkMinimum, chooseEntry } from '../../verify/trust/choose.js';
import type { KeySource, TrustEntry } from '../../verify/trust/entry.js';
import type { Host } from '../host.js';
import { readKeyrings } from './keyrings.js';
import type { PullRequest } from './pull-request.js';
import { keyringPath, readTrustEntries, type TrustSettings, trustDirectories } from './trust-files.js';

/**
 * The trust entry that counts for a pull; undefined if none covers its URL.
 *
 * @throws Failure VerificationFailed when an entry that may cover it has a fault
 */
export async function entryFor(settings: TrustSettings, url: string): Promise<TrustEntry | undefined> {
  return chooseEntry(await readTrustEntries(trustDirectories(settings)), url);
}

/**
 * Holds a pull against the entry that counts for it.
 *
 * @throws Failure VerificationFailed when the caller wants less than its minimum, or gives keyrings that must not count, or when a
 * checksum file of the entry cannot be read
 */
export function checkDemands(entry: TrustEntry | undefined, { download, keyrings }: PullRequest): void {
  if (entry === undefined) return;
  // Who knows what the image is needs nobody else to say it.
  if (download.digest === undefined) checkMinimum(entry, download.verification, download.url);
  if (verificationUnder(entry, download) !== 'no') checkChecksumFiles(entry, download.url);
  if (download.verification === 'signature' && keyrings.length > 0) checkCallersKeys(entry, download.url);
}

/**
 * The keyrings that may vouch for a download: those of the entry, if it names any, else the general ones; and those of the caller.
 *
 * @throws Failure VerificationFailed when no keyring is found
 * @throws Failure FileSystemError when one of them cannot be read
 */
export async function readTrustedKeyrings(
  host: Host,
  entry: TrustEntry | undefined,
  ofCaller: readonly Buffer[],
): Promise<Download['keyrings']> {
  if (entry === undefined || entry.keySources.length === 0) return await readKeyrings(host, ofCaller);
  const given = ofCaller.map((bytes) => ({ path: 'of --keyring=', bytes }));
  const keyrings: Keyring[] = [...(await readEntryKeyrings(entry)), ...given];
  if (keyrings.length === 0) {
    const places = entry.keySources.map(({ text }) => keyringPath(entry, text)).join(', ');
    const message = `Cannot verify signatures: none of the keyrings of ${escapeText(entry.path)} exists (${escapeText(places)}); install one of them`;
    throw new Failure('VerificationFailed', message, { file: entry.path });
  }
  return keyrings.map(({ path, bytes, isOptional }) => ({
    path,
    base64: bytes.toString('base64'),
    optional: isOptional,
  }));
}

/**
 * The keyrings that an entry names, without optional ones that are missing.
 *
 * @throws Failure FileSystemError when one of them cannot be read
 */
export async function readEntryKeyrings(entry: TrustEntry): Promise<Keyring[]> {
  const keyrings = await Promise.all(entry.keySources.map((source) => readSource(entry, source)));
  return keyrings.filter((keyring) => keyring !== undefined);
}

async function readSource(entry: TrustEntry, source: KeySource): Promise<Keyring | undefined> {
  if (source.isInline) return { path: `${entry.path}:${source.line}`, bytes: Buffer.from(`${source.text}\n`) };
  const path = keyringPath(entry, source.text);
  try {
    return { path, bytes: await readFile(path), isOptional: source.isOptional };
  } catch (error) {
    if (source.isOptional && hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw unreadable(entry, source, path, error);
  }
}

function unreadable(entry: TrustEntry, { line }: KeySource, path: string, error: unknown): unknown {
  const errorName = errnoName(error);
  if (errorName === undefined) return error;
  const reason = `${errnoWords(errorName) ?? 'the system refused'} (${errorName})`;
  const message = `Cannot read the keyring ${escapeText(path)} of ${escapeText(entry.path)}:${line}: ${reason}; correct the entry`;
  return new Failure('FileSystemError', message, { path, errorName });
}

/** What the fetch process is told of an entry. */
export function asTrust(entry: TrustEntry | undefined): Download['trust'] {
  if (entry === undefined) return undefined;
  const { name, path, fingerprints, requireSigners, checksumFiles } = entry;
  return { name, path, fingerprints: [...fingerprints], requireSigners, checksumFiles: [...checksumFiles] };
}

/**
 * How a download is verified. The digest of the caller satisfies the minimum of an entry, but it is that of the image alone: other files
 * have to reach the minimum.
 */
export function verificationUnder(
  entry: TrustEntry | undefined,
  { verification, digest }: Pick<Download, 'verification' | 'digest'>,
): Verification {
  const minimum = entry?.minimum;
  const isTooLittle = digest !== undefined && minimum !== undefined && !isAsStrict(verification, minimum);
  return isTooLittle ? minimum : verification;
}

/** Whether a copy was verified as strictly as a download would be, where an entry demands it, or has the digest of the caller. */
export function mayBeCopied(
  entry: TrustEntry | undefined,
  record: VerificationRecord | undefined,
  { verification, digest }: Pick<Download, 'verification' | 'digest'>,
): boolean {
  if (entry?.minimum === undefined || hasDigest(record, digest)) return true;
  const done = record?.verification ?? 'no';
  return isAsStrict(done === 'digest' ? 'no' : done, verification);
}
