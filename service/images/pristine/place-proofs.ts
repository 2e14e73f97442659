import { fchmodSync, writeSync } from 'node:fs';
import { synchronize } from '../../../linux/space.js';
import { failOn } from '../install/file-system-failure.js';
import { createTemporaryFile } from '../install/temporary.js';
import type { Warn } from '../layout/host.js';
import { statusIfPresent } from '../layout/present.js';
import { type DownloadOrigin, pristineName } from '../layout/pristine-names.js';
import type { ImageRoot } from '../layout/root.js';
import { removeReplaced, renameOrExchange, setAside } from '../manage/rename.js';

/** Where proofs are put. */
export interface ProofsPlace {
  root: ImageRoot;
  origin: DownloadOrigin;
  synchronize: boolean;
  warn: Warn;
}

/** Whether proofs are kept of a download. */
function hasProofs(root: ImageRoot, origin: DownloadOrigin): boolean {
  return statusIfPresent(root.at(pristineName(origin, root.path, '.proofs'))) !== undefined;
}

/**
 * Takes the proofs that are kept of a download out of the way. Gives back the temporary names that are to be removed.
 *
 * @throws SystemError or Error of node when they cannot be moved
 */
export function setProofsAside(root: ImageRoot, origin: DownloadOrigin): string[] {
  return hasProofs(root, origin) ? [setAside(root, pristineName(origin, root.path, '.proofs'))] : [];
}

/**
 * Keeps the proofs of a download beside it. The download is good without them: `warn` is told when that fails. Gives back the temporary
 * names of what they replace, which are to be removed.
 */
export function placeProofs(archive: Buffer, place: ProofsPlace): string[] {
  const { root, origin, warn } = place;
  const name = pristineName(origin, root.path, '.proofs');
  try {
    return failOn(root.pathOf(name), () => write(archive, name, place));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`Cannot keep the checksum and signature files: ${reason}; a later verification needs the server`);
    return [];
  }
}

function write(archive: Buffer, name: string, place: ProofsPlace): string[] {
  const { root } = place;
  using temporary = createTemporaryFile(root, 'proofs');
  for (let done = 0; done < archive.length; ) done += writeSync(temporary.descriptor, archive, done);
  fchmodSync(temporary.descriptor, 0o444);
  if (place.synchronize) synchronize(temporary.descriptor);
  const replaced = renameOrExchange(root, temporary, name) ? [temporary.name] : [];
  temporary.settle();
  return replaced;
}

/**
 * Keeps what has proved a download that was here already: signatures in place of whatever is kept, checksum files where nothing is.
 * `warn` is told of failures.
 */
export function renewProofs(archive: Buffer, isSigned: boolean, place: ProofsPlace): void {
  const { root, origin, warn } = place;
  if (!isSigned && hasProofs(root, origin)) return;
  for (const old of placeProofs(archive, place)) removeReplaced(root, old, warn);
  if (place.synchronize) synchronize(root.descriptor);
}
