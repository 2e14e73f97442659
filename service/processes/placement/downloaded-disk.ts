import { Failure } from '../../../common/failure.js';
import type { ByteSource } from '../../formats/bytes.js';
import { writeSparse } from '../../formats/disk/sparse.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { createTemporaryFile, type Temporary } from '../../images/install/temporary.js';
import type { ImageRoot } from '../../images/layout/root.js';
import { PartialDownload, releasePartial } from '../../images/pristine/partial.js';
import { firstPullFileDescriptor } from '../ipc/channel.js';
import type { PullPlacementOrder } from '../ipc/messages.js';
import type { Announcement } from '../ipc/parts.js';
import { lookingOnce } from './unpack.js';

/**
 * Removes a download, also one whose beginning is kept.
 *
 * @throws Failure FileSystemError when it cannot be removed
 */
export function discardTemporary(temporary: Temporary): void {
  using gone = temporary;
  failOn(gone.path, () => releasePartial(gone));
}

/** What is to be known of a download whose bytes are announced. */
type DownloadOrder = Pick<PullPlacementOrder, 'image' | 'url' | 'resumable' | 'partial'>;

/** The disk image that an uncompressed download is written to, with the beginning of it that an earlier pull has left. */
export class DownloadedDisk implements Disposable {
  readonly #order: DownloadOrder;
  readonly #root: ImageRoot;
  #left: PartialDownload | undefined;

  constructor(order: DownloadOrder, root: ImageRoot) {
    const { partial } = order;
    this.#order = order;
    this.#root = root;
    this.#left = partial && failOn(root.path, () => PartialDownload.resume(root, firstPullFileDescriptor, partial));
  }

  /**
   * Writes the bytes that follow the announcement. After a failure what is safe by then is kept.
   *
   * @throws Failure WorkerFailed when the announcement goes on where no earlier pull has stopped
   * @throws Failure UnsupportedFormat when it is certainly not a disk, or larger than may be
   * @throws Failure InsufficientSpace, FileSystemError when it cannot be written, or what an earlier pull has left cannot be removed
   * @throws whatever the source throws
   */
  write(source: ByteSource, announcement: Announcement): Temporary {
    const download = announcement.offset > 0 ? this.#takeLeft(announcement.offset) : this.#begin(announcement);
    const { temporary } = download;
    const { sizeMax } = this.#order.image;
    const look = lookingOnce(temporary.descriptor, 'the download');
    const onProgress = (bytes: number) => {
      look(bytes);
      download.reached(bytes);
    };
    try {
      writeSparse(source, temporary.descriptor, { sizeMax, from: announcement.offset, onProgress });
      return temporary;
    } catch (error) {
      temporary[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Removes what an earlier pull has left: the server has something else by now.
   *
   * @throws Failure FileSystemError when it cannot be removed
   */
  drop(): void {
    const left = this.#left;
    this.#left = undefined;
    if (left !== undefined) discardTemporary(left.temporary);
  }

  /** What an earlier pull has left stays for the next one, if it was not used. */
  [Symbol.dispose](): void {
    this.#left?.temporary[Symbol.dispose]();
  }

  #takeLeft(offset: number): PartialDownload {
    const left = this.#left;
    if (left === undefined || this.#order.partial?.offset !== offset) {
      const message = `The fetch process goes on at byte ${offset}, where no earlier pull has stopped; nothing was placed`;
      throw new Failure('WorkerFailed', message, { process: 'fetch' });
    }
    this.#left = undefined;
    return left;
  }

  #begin({ validator, total }: Announcement): PartialDownload {
    this.drop();
    const { url, resumable } = this.#order;
    const temporary = createTemporaryFile(this.#root, 'raw');
    return new PartialDownload(temporary, resumable && validator !== undefined ? { url, validator, total } : undefined);
  }
}
