import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../../../common/failure.js';
import type { ImageClass } from '../../../common/image-classes.js';
import type { KnownDownload, Provenance } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { failOn } from '../install/file-system-failure.js';
import { HeldImage } from '../install/hold.js';
import type { ImageHost } from '../layout/host.js';
import { statusIfPresent } from '../layout/present.js';
import { parsePristineName } from '../layout/pristine-names.js';
import { findEntry, noSuchImage } from '../manage/images.js';
import { readProvenance } from '../provenance/provenance.js';
import { type ImageCheck, unknown } from './checks.js';
import { changedMeanwhile } from './compare-disk.js';
import { examineLayers } from './examine-layers.js';
import { examinePlaced } from './examine-placed.js';
import { examinePristine, type PristineFinding } from './examine-pristine.js';
import { examineRecord, recordedDownload } from './examine-record.js';
import { hashDisk } from './hash-disk.js';

/** Which image is examined, and for whom. */
export interface ExamineOptions {
  readonly imageClass: ImageClass;
  readonly host: ImageHost;
  /** A directory to look in instead of those of the class. */
  readonly root?: string | undefined;
  /** The key of the records of where images came from; undefined if there is none, or it cannot be read. */
  readonly key: Buffer | undefined;
  /** Told how many bytes were read, and how many will be. */
  readonly onProgress: (bytesDone: number, bytesTotal: number) => void;
}

/** What an image turned out to be. */
export interface Examination {
  readonly checks: readonly ImageCheck[];
  /** Undefined if nothing that can be believed says where it came from. */
  readonly download: KnownDownload | undefined;
}

/** Adds up what is read of several files. */
class Reading {
  readonly #onProgress: ExamineOptions['onProgress'];
  #done = 0;
  #total = 0;

  constructor(onProgress: ExamineOptions['onProgress']) {
    this.#onProgress = onProgress;
  }

  /** @throws Failure FileSystemError when the file cannot be read */
  hash(path: string, descriptor: number) {
    this.#total += fstatSync(descriptor).size;
    const onBytes = (count: number) => {
      this.#done += count;
      this.#onProgress(this.#done, Math.max(this.#done, this.#total));
    };
    return failOn(path, () => hashDisk(descriptor, onBytes));
  }
}

/**
 * Holds an image, or a pristine download that is named directly, against what was recorded of it. Nothing is changed; as long as it
 * takes, nothing of it is removed or replaced.
 *
 * @throws Failure NoSuchImage, ImageBusy while it is being removed, FileSystemError when it cannot be read
 */
export function examineImage(name: string, options: ExamineOptions): Examination {
  const { imageClass, host, root, onProgress, key } = options;
  const entry = findEntry(name, imageClass, { ...host, ...(root === undefined ? {} : { root }) });
  if (entry === undefined) throw noSuchImage(name, imageClass, root);
  using held = hold(entry.path, name, host);
  if (held === undefined) throw noSuchImage(name, imageClass, root);
  const reading = new Reading(onProgress);
  const examination = failOn(entry.path, () => {
    const pristine = pristineAt(entry.path, held.descriptor, reading);
    if (pristine !== undefined) return { checks: [pristine.check], download: pristine.download };
    return examinePlacedImage({ descriptor: held.descriptor, path: entry.path }, key, host, reading);
  });
  if (held.isStillThere()) return examination;
  const kind = isPristinePath(entry.path) ? 'pristine' : 'image';
  return { checks: [changedMeanwhile(kind, entry.path)], download: undefined };
}

/**
 * Opens an image that programs without our locks may take away at any time; undefined if it is gone.
 *
 * @throws Failure ImageBusy, FileSystemError
 */
function hold(path: string, name: string, host: ImageHost): HeldImage | undefined {
  try {
    return HeldImage.open(path, name, host);
  } catch (error) {
    const isGone = error instanceof Failure && error.facts['errorName'] === 'ENOENT';
    // A link that leads nowhere is there.
    if (isGone && !statusIfPresent(path)?.isSymbolicLink()) return undefined;
    throw error;
  }
}

/** An image that is not a pristine download. */
function examinePlacedImage(
  image: { descriptor: number; path: string },
  key: Buffer | undefined,
  host: ImageHost,
  reading: Reading,
): Examination {
  const finding = readProvenance(image.descriptor, key);
  const record = examineRecord(finding);
  const layers = examineLayers(image.path);
  if (finding.state !== 'known' || finding.provenance === undefined)
    return { checks: [record, ...layers], download: undefined };
  const format = fstatSync(image.descriptor).isDirectory() ? 'tar' : 'raw';
  const known = recordedDownload(finding.provenance, format);
  const pristine = known && examineOriginal(finding.provenance, host, reading);
  const placed = examinePlaced({ ...image, finding, asTransferred: pristine?.asTransferred }, () =>
    reading.hash(image.path, image.descriptor),
  );
  const checks = [record, ...(pristine === undefined ? layers : [pristine.check, ...layers]), placed];
  return { checks, download: pristine?.download ?? known };
}

/** The pristine download that an image was copied from, if it is still there and the same. */
function examineOriginal({ pristine: path, sha256 }: Provenance, host: ImageHost, reading: Reading): PristineFinding {
  const only = (check: ImageCheck): PristineFinding => ({ check, download: undefined, asTransferred: undefined });
  const nothing = (message: string) => only(unknown('pristine', message, { subject: path }));
  if (path === undefined) return nothing('No pristine download was kept of the image');
  const gone = () => nothing('The pristine download of the image is gone');
  const status = statusIfPresent(path);
  if (status === undefined || status.isSymbolicLink()) return gone();
  using held = hold(path, basename(path), host);
  if (held === undefined) return gone();
  const found = failOn(path, () => pristineAt(path, held.descriptor, reading));
  if (found === undefined) return gone();
  if (!held.isStillThere()) return only(changedMeanwhile('pristine', path));
  if (found.download === undefined || found.download.record.sha256 === sha256) return found;
  return nothing('The pristine download is a later one than that the image was made of');
}

function isPristinePath(path: string): boolean {
  return parsePristineName(basename(path)) !== undefined;
}

/** What a path holds, if it is that of a pristine download. */
function pristineAt(path: string, descriptor: number, reading: Reading): PristineFinding | undefined {
  const parsed = parsePristineName(basename(path));
  const status = fstatSync(descriptor);
  if (parsed === undefined || (parsed.format === 'raw' ? !status.isFile() : !status.isDirectory())) return undefined;
  return examinePristine({ descriptor, path, format: parsed.format }, () => reading.hash(path, descriptor));
}
