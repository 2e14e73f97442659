import { Failure } from '../failure.js';
import { writeSparse } from '../stages/disk/sparse.js';
import type { FrameReader } from '../stages/frames.js';
import { type SidecarSuffix, sidecarSuffixes } from '../store/pristineNames.js';
import type { ImageRoot } from '../store/root.js';
import { createTemporaryFile, type Temporary } from '../store/temporary.js';
import { checkRoom, checkTotal, readAnnouncement } from './announcement.js';
import { type DownloadedDisk, discard } from './downloadedDisk.js';
import { type Announcement, announcementPart, type ImageOrder } from './messages.js';
import { type Unpacked, unpack } from './unpack.js';

/** What came through the pipe, each under a temporary name. Disposal removes what was not installed. */
export class Received implements Disposable {
  image: Unpacked | null = null;
  readonly sidecars = new Map<SidecarSuffix, Temporary>();
  readonly #disk: DownloadedDisk | null;
  #announcement: Announcement | null = null;

  /** `disk`: where an uncompressed download goes. */
  constructor(disk: DownloadedDisk | null = null) {
    this.#disk = disk;
  }

  /** Reads all parts. Throws Failure; what has come until then is removed by disposal. */
  receive(frames: FrameReader, root: ImageRoot, order: ImageOrder): void {
    for (let part = frames.nextPart(); part !== null; part = frames.nextPart()) {
      if (part === announcementPart) {
        this.#announcement = readAnnouncement(frames);
        checkTotal(this.#announcement, order);
        checkRoom(this.#announcement, root, order.format);
        continue;
      }
      if (part === 'image') {
        this.#receiveImage(frames, root, order);
        continue;
      }
      const suffix = sidecarSuffixes.find((known) => known === part);
      if (suffix === undefined)
        throw new Failure('WorkerFailed', `A part '${part}' came that is not known`, { process: 'stream' });
      const temporary = createTemporaryFile(root, suffix.slice(1));
      this.sidecars.set(suffix, temporary);
      writeSparse(frames, temporary.descriptor, { sizeMax: order.sizeMax });
    }
  }

  /** It comes a second time when the first one, begun by an earlier pull, was not what it should be. */
  #receiveImage(frames: FrameReader, root: ImageRoot, order: ImageOrder): void {
    if (this.image !== null) discard(this.image.temporary);
    this.image = null;
    if (this.#disk !== null && this.#announcement !== null && order.format === 'raw') {
      this.image = { temporary: this.#disk.write(frames, this.#announcement), lossCount: 0 };
      return;
    }
    this.#disk?.drop();
    this.image = unpack(frames, root, order);
  }

  [Symbol.dispose](): void {
    this.image?.temporary[Symbol.dispose]();
    for (const sidecar of this.sidecars.values()) sidecar[Symbol.dispose]();
  }
}
