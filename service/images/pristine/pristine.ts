import { closeSync, fchmodSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import { withoutUserinfo } from '../../../common/url.js';
import { lockFile } from '../../../linux/locks.js';
import { synchronize } from '../../../linux/space.js';
import type { Losses } from '../../formats/metadata/losses.js';
import { type CopyOptions, copyImage, stampOrigin } from '../copy/copy.js';
import { failInPlace, failOn } from '../install/file-system-failure.js';
import { canRenameReadOnly, synchronizeTemporary } from '../install/install.js';
import { lockImage } from '../install/locks.js';
import { markOrWarn, openEntry, withEntry } from '../install/read-only.js';
import type { Temporary } from '../install/temporary.js';
import type { ImageHost, Warn } from '../layout/host.js';
import { statusIfPresent } from '../layout/present.js';
import { type DownloadOrigin, pristineName, type SidecarSuffix, sidecarSuffixes } from '../layout/pristine-names.js';
import type { ImageRoot } from '../layout/root.js';
import { removeReplaced, renameOrExchange, setAside } from '../manage/rename.js';
import { keptSidecars } from './cache.js';
import { placeProofs, setProofsAside } from './place-proofs.js';
import { readRecord, type VerificationRecord, type Verified, verifiedOf, writeRecord } from './record.js';

export interface PristineRequest {
  root: ImageRoot;
  /** The complete download. It is settled. */
  temporary: Temporary;
  origin: DownloadOrigin;
  /** How the bytes were verified; undefined when nobody can say. */
  verified: Verified | undefined;
  /** Bytes of data in a tree, where that is known. */
  dataBytes?: number | undefined;
  /** Whether a disk is stored as it came; undefined for trees. */
  asTransferred?: boolean | undefined;
  /** What of a tree could not be stored. */
  losses?: Losses | undefined;
  /** When the server says the image was last changed, in milliseconds since 1970. */
  lastModified: number | undefined;
  /** What belongs to the image, complete as well, and stamped with where it came from. */
  sidecars: ReadonlyMap<SidecarSuffix, Temporary>;
  /** The archive of the checksum and signature files that counted (encode-proofs.ts); undefined if there were none. */
  proofs?: Buffer | undefined;
  synchronize: boolean;
  warn: Warn;
  step?: (name: 'recorded' | 'synchronized' | 'renamed' | 'marked' | 'sidecars' | 'proofs' | 'removed') => void;
}

/**
 * The record comes when all else about the download is settled, and before it is read-only. It comes before the stamps: where there
 * is place for one of them only, it has to be the record.
 */
function record(request: PristineRequest): void {
  const { temporary, origin, lastModified, warn } = request;
  const url = withoutUserinfo(origin.url);
  recordVerification(request, url);
  if (temporary.format === 'raw') stampOrigin(temporary.descriptor, { url, etag: origin.etag }, lastModified, warn);
}

/** What a record says of losses: nothing if there are none. */
function recordOf({ entries, kinds }: Losses): Pick<VerificationRecord, 'lossCount' | 'losses'> {
  if (entries === 0) return {};
  return { lossCount: entries, losses: Object.fromEntries(kinds.map(({ kind, count }) => [kind, count])) };
}

function recordVerification(request: PristineRequest, url: string): void {
  const { temporary, origin, verified, dataBytes, asTransferred, losses, lastModified, warn } = request;
  if (verified === undefined) return;
  const time = Date.now() * 1000;
  const lost = losses === undefined ? {} : recordOf(losses);
  const optional = {
    ...(dataBytes !== undefined && { dataBytes }),
    ...(asTransferred !== undefined && { asTransferred }),
    ...(lastModified !== undefined && { lastModified: Math.max(0, Math.trunc(lastModified)) * 1000 }),
  };
  const known = { ...verifiedOf(verified), url, etag: origin.etag, time, ...lost, ...optional };
  if (writeRecord(temporary.descriptor, known)) return;
  warn(
    'Cannot record how the download was verified: the file system does not store the attribute; a pull that must verify it downloads it again',
  );
}

function placeSidecars(request: PristineRequest, replaced: string[]): void {
  const { root, origin, sidecars } = request;
  for (const suffix of sidecarSuffixes) {
    const fileName = pristineName(origin, root.path, suffix);
    const temporary = sidecars.get(suffix);
    if (temporary !== undefined) placeSidecar(request, temporary, fileName, replaced);
    else if (statusIfPresent(root.at(fileName))) replaced.push(setAside(root, fileName));
  }
}

function placeSidecar(request: PristineRequest, temporary: Temporary, fileName: string, replaced: string[]): void {
  const { root } = request;
  fchmodSync(temporary.descriptor, 0o444);
  if (request.synchronize) synchronize(temporary.descriptor);
  if (renameOrExchange(root, temporary, fileName)) replaced.push(temporary.name);
  temporary.settle();
}

/**
 * Keeps a download under its hidden name, read-only, with the record of how it was verified. An original that has the
 * name already (the server has no ETag, or a stricter verification was asked for) is replaced by exchange.
 *
 * @throws Failure FileSystemError, InsufficientSpace
 */
export function placePristine(request: PristineRequest): { name: string; path: string } {
  const { root, origin } = request;
  const name = pristineName(origin, root.path);
  failOn(root.pathOf(name), () => place(request, name));
  return { name, path: root.pathOf(name) };
}

function place(request: PristineRequest, name: string): void {
  const { root, temporary, step } = request;
  record(request);
  step?.('recorded');
  const markFirst = canRenameReadOnly(temporary);
  if (markFirst) markOrWarn(temporary, root.pathOf(name), request.warn);
  if (request.synchronize) synchronizeTemporary(temporary);
  step?.('synchronized');
  // Those of another download would speak against this one.
  const replaced = setProofsAside(root, request.origin);
  if (renameOrExchange(root, temporary, name)) replaced.push(temporary.name);
  failInPlace(root.pathOf(name), () => {
    temporary.settle();
    step?.('renamed');
    // Users who are not root cannot mark trees; theirs are hidden, and count as read-only.
    if (!markFirst)
      markOrWarn(temporary, root.pathOf(name), process.geteuid?.() === 0 ? request.warn : () => undefined);
    step?.('marked');
    placeSidecars(request, replaced);
    step?.('sidecars');
    if (request.proofs !== undefined) replaced.push(...placeProofs(request.proofs, request));
    if (request.synchronize) synchronize(root.descriptor);
    step?.('proofs');
  });
  for (const old of replaced) removeReplaced(root, old, request.warn);
  step?.('removed');
}

export interface WritableCopyOptions extends CopyOptions {
  host: ImageHost;
}

/**
 * Makes a writable copy of a pristine original under a temporary name. The original is locked meanwhile, so that it is
 * not removed under the copying hand: neither by Ferry nor by machinectl.
 *
 * @throws Failure ImageBusy while it is locked exclusively, UnsupportedFormat beyond `sizeMax`, Corrupt when it changes
 * meanwhile, FileSystemError, InsufficientSpace
 */
export function makeWritableCopy(
  root: ImageRoot,
  name: string,
  format: ImageFormat,
  options: WritableCopyOptions,
): Temporary {
  using _lock = lockImage(root.pathOf(name), name, 'shared', options.host);
  return failOn(root.pathOf(name), () => {
    const source = openEntry(root.descriptor, name);
    try {
      lockFile(source, 'shared');
      const { dataBytes } = readRecord(source) ?? {};
      return copyImage(source, format, root, 'copy', {
        ...options,
        ...(dataBytes !== undefined && { dataBytes }),
        keepOrigin: true,
      });
    } finally {
      closeSync(source);
    }
  });
}

/**
 * Copies those sidecars of a pristine original that are asked for by their suffixes, mode 0644, for an image made from it. `sizeMax`
 * in bytes.
 *
 * @throws Failure UnsupportedFormat beyond `sizeMax`, Corrupt when one changes meanwhile, FileSystemError, InsufficientSpace
 */
export function copySidecars(
  root: ImageRoot,
  origin: DownloadOrigin,
  asked: readonly string[],
  sizeMax?: number,
): Map<SidecarSuffix, Temporary> {
  const copies = new Map<SidecarSuffix, Temporary>();
  try {
    for (const suffix of keptSidecars(root, origin).filter((each) => asked.includes(each)))
      copies.set(suffix, copySidecar(root, pristineName(origin, root.path, suffix), sizeMax));
    return copies;
  } catch (error) {
    for (const copy of copies.values()) copy[Symbol.dispose]();
    throw error;
  }
}

function copySidecar(root: ImageRoot, fileName: string, sizeMax: number | undefined): Temporary {
  const options = { subvolumes: false, keepOrigin: true, ...(sizeMax !== undefined && { sizeMax }) };
  return failOn(root.pathOf(fileName), () =>
    withEntry(root.descriptor, fileName, (source) => copyImage(source, 'raw', root, 'sidecar', options)),
  );
}
