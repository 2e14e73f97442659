import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { ImageClass } from '../../../common/image-classes.js';
import type { KnownDownload } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { failOn } from '../install/file-system-failure.js';
import { HeldImage } from '../install/hold.js';
import type { ImageHost } from '../layout/host.js';
import { parsePristineName } from '../layout/pristine-names.js';
import { findEntry, noSuchImage } from '../manage/images.js';
import { type ImageCheck, unknown } from './checks.js';
import { examinePristine, type PristineFinding } from './examine-pristine.js';
import { hashDisk } from './hash-disk.js';

/** Which image is examined, and for whom. */
export interface ExamineOptions {
  readonly imageClass: ImageClass;
  readonly host: ImageHost;
  /** A directory to look in instead of those of the class. */
  readonly root?: string | undefined;
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
  const { imageClass, host, root, onProgress } = options;
  const entry = findEntry(name, imageClass, { ...host, ...(root === undefined ? {} : { root }) });
  if (entry === undefined) throw noSuchImage(name, imageClass, root);
  using held = HeldImage.open(entry.path, name, host);
  const reading = new Reading(onProgress);
  return failOn(entry.path, () => {
    const pristine = pristineAt(entry.path, held.descriptor, reading);
    if (pristine !== undefined) return { checks: [pristine.check], download: pristine.download };
    return { checks: [withoutRecord()], download: undefined };
  });
}

/** What a path holds, if it is that of a pristine download. */
function pristineAt(path: string, descriptor: number, reading: Reading): PristineFinding | undefined {
  const parsed = parsePristineName(basename(path));
  const status = fstatSync(descriptor);
  if (parsed === undefined || (parsed.format === 'raw' ? !status.isFile() : !status.isDirectory())) return undefined;
  return examinePristine({ descriptor, path, format: parsed.format }, () => reading.hash(path, descriptor));
}

function withoutRecord(): ImageCheck {
  return unknown('record', 'The image has no record of where it came from: nothing can be compared');
}
