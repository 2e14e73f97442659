import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { ByteSource } from '../../formats/bytes.js';
import { writeSparse } from '../../formats/disk/sparse.js';
import { createTemporaryFile, type Temporary } from '../../images/install/temporary.js';
import { type SidecarSuffix, sidecarSuffixes } from '../../images/layout/pristine-names.js';
import { proofsMax } from '../../images/pristine/encode-proofs.js';
import { checkRoom, checkTotal, readAnnouncement } from '../ipc/announcement.js';
import type { FrameReader } from '../ipc/frames.js';
import type { PullOutcome } from '../ipc/messages.js';
import { type Announcement, announcementPart, encodedPart, proofsPart } from '../ipc/parts.js';
import { type DownloadedDisk, discardTemporary } from './downloaded-disk.js';
import { noLosses } from './tell-losses.js';
import { type Placement, type Unpacked, unpack } from './unpack.js';

/** Most bytes of the sidecars that are settings, hashes and signatures. */
const smallSidecar = 1024 * 1024;

/** What came through the pipes, each under a temporary name. Disposal removes what was not installed. */
export class Received implements Disposable {
  image: Unpacked | undefined;
  readonly sidecars = new Map<SidecarSuffix, Temporary>();
  /** An archive of the checksum and signature files that counted. */
  proofs: Buffer | undefined;
  readonly #disk: DownloadedDisk | undefined;
  readonly #asked: readonly string[];
  #announcement: Announcement | undefined;
  /** Whether the image that came goes on where an earlier pull ended: then it may come again, from its beginning. */
  #isResumed = false;

  /** `disk`: where an uncompressed download goes; undefined for an import. `sidecars`: the suffixes of those that were asked for. */
  constructor(disk?: DownloadedDisk, sidecars: readonly string[] = []) {
    this.#disk = disk;
    this.#asked = sidecars;
  }

  /**
   * Reads all parts of a download that the fetch process sends: perhaps an announcement, then the image, which comes from the decode
   * process where fetch says so, then each sidecar that was asked for at most once, and last what proves them. After a failure what has come is removed by
   * disposal.
   *
   * @throws Failure WorkerFailed when a process sends what was not asked for, or ends before it has sent all
   * @throws Failure Corrupt when an archive is damaged or hostile
   * @throws Failure UnsupportedFormat when something is not an archive, or larger than may be
   * @throws Failure MetadataLost when something is lost, and the order is strict
   * @throws Failure InsufficientSpace, FileSystemError when something cannot be written
   */
  receive(frames: FrameReader, decoded: FrameReader, placement: Placement): void {
    for (let part = frames.nextPart(); part !== undefined; part = frames.nextPart()) {
      if (part === announcementPart) this.#receiveAnnouncement(frames, placement);
      else if (part === 'image') this.#receiveImage(frames, placement);
      else if (part === encodedPart) this.#receiveEncoded(decoded, placement);
      else if (part === proofsPart) this.#receiveProofs(frames);
      else this.#receiveSidecar(part, frames, placement);
    }
    if (this.#announcement !== undefined || !frames.hasEnded()) throw unexpected('fetch', announcementPart);
  }

  /**
   * Reads an image that the decode process sends: nothing else is taken from there.
   *
   * @throws Failure WorkerFailed when a process sends what was not asked for, or ends before it has sent all
   * @throws Failure Corrupt when an archive is damaged or hostile
   * @throws Failure UnsupportedFormat when something is not an archive, or larger than may be
   * @throws Failure MetadataLost when something is lost, and the order is strict
   * @throws Failure InsufficientSpace, FileSystemError when something cannot be written
   */
  receiveDecoded(frames: FrameReader, placement: Placement): void {
    const part = frames.nextPart();
    if (part !== 'image') throw unexpected('decode', part ?? 'the end');
    this.#receiveImage(frames, placement);
    const next = frames.nextPart();
    if (next !== undefined || !frames.hasEnded()) throw unexpected('decode', next ?? 'something behind the end');
  }

  /**
   * Checks what the fetch process vouches for against what has come.
   *
   * @throws Failure WorkerFailed when it vouches for other files
   */
  checkOutcome({ cachedPath, sidecars }: PullOutcome): void {
    const named = new Set(sidecars.map(({ suffix }) => suffix));
    const isSame = named.size === sidecars.length && [...this.sidecars.keys()].every((suffix) => named.has(suffix));
    if (isSame && named.size === this.sidecars.size && (cachedPath === undefined) === (this.image !== undefined))
      return;
    throw vouchesForOthers();
  }

  #receiveAnnouncement(frames: FrameReader, { root, order }: Placement): void {
    if (this.#disk === undefined || this.#announcement !== undefined || !this.#mayBegin)
      throw unexpected('fetch', announcementPart);
    const announcement = readAnnouncement(frames);
    if (this.#isResumed && announcement.offset > 0) throw unexpected('fetch', announcementPart);
    checkTotal(announcement, order);
    checkRoom(announcement, root, order.format);
    this.#announcement = announcement;
  }

  /** An announcement is of bytes that come as they are. */
  #receiveEncoded(decoded: FrameReader, placement: Placement): void {
    if (this.#announcement !== undefined || !this.#mayBegin) throw unexpected('fetch', encodedPart);
    this.receiveDecoded(decoded, placement);
  }

  /** It comes a second time when the first one, begun by an earlier pull, was not what it should be. */
  #receiveImage(frames: FrameReader, placement: Placement): void {
    if (!this.#mayBegin) throw unexpected('fetch', 'image');
    const announcement = this.#announcement;
    this.#announcement = undefined;
    if (this.image !== undefined) discardTemporary(this.image.temporary);
    this.image = undefined;
    this.#isResumed = announcement !== undefined && announcement.offset > 0;
    if (this.#disk !== undefined && announcement !== undefined && placement.order.format === 'raw') {
      this.image = { temporary: this.#disk.write(frames, announcement), losses: noLosses };
      return;
    }
    this.#disk?.drop();
    this.image = unpack(frames, placement);
  }

  /** Whether the image may come now. */
  get #mayBegin(): boolean {
    return this.sidecars.size === 0 && this.proofs === undefined && (this.image === undefined || this.#isResumed);
  }

  #receiveSidecar(part: string, frames: FrameReader, { root, order }: Placement): void {
    const suffix = sidecarSuffixes.find((known) => known === part && this.#asked.includes(known));
    const mayCome = this.image !== undefined && this.proofs === undefined;
    if (suffix === undefined || !mayCome || this.sidecars.has(suffix)) throw unexpected('fetch', part);
    const temporary = createTemporaryFile(root, suffix.slice(1));
    this.sidecars.set(suffix, temporary);
    const source = suffix === '.verity' ? frames : new BoundedSource(frames, suffix);
    writeSparse(source, temporary.descriptor, { sizeMax: order.sizeMax, subject: `The ${suffix} file` });
  }

  /** Of an image that is here already they come alone. */
  #receiveProofs(frames: FrameReader): void {
    if (this.#disk === undefined || this.#announcement !== undefined || this.proofs !== undefined)
      throw unexpected('fetch', proofsPart);
    const bytes = Buffer.alloc(proofsMax + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = frames.read(bytes, length, bytes.length - length);
    if (length > proofsMax) {
      const message = `The fetch process sent more than ${proofsMax} bytes of checksum and signature files; nothing was placed`;
      throw new Failure('WorkerFailed', message, { process: 'fetch' });
    }
    this.proofs = bytes.subarray(0, length);
  }

  [Symbol.dispose](): void {
    this.image?.temporary[Symbol.dispose]();
    for (const sidecar of this.sidecars.values()) sidecar[Symbol.dispose]();
  }
}

/** What to say of an outcome that does not go with what has come. */
export function vouchesForOthers(): Failure {
  const message = 'The fetch process vouches for other files than it has sent; nothing was placed';
  return new Failure('WorkerFailed', message, { process: 'fetch' });
}

function unexpected(process: 'fetch' | 'decode', part: string): Failure {
  const message = `The ${process} process sent '${escapeText(part)}', which was not asked for; nothing was placed`;
  return new Failure('WorkerFailed', message, { process });
}

/** A small sidecar. */
class BoundedSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #suffix: string;
  #length = 0;

  constructor(source: ByteSource, suffix: string) {
    this.#source = source;
    this.#suffix = suffix;
  }

  /** @throws Failure UnsupportedFormat when it is not small */
  read(buffer: Buffer, offset: number, length: number): number {
    const count = this.#source.read(buffer, offset, length);
    this.#length += count;
    if (this.#length <= smallSidecar) return count;
    const message = `The ${this.#suffix} file beside the image has more than ${smallSidecar} bytes, the limit for one; ask the publisher`;
    const facts = { needed: `more than ${smallSidecar} bytes`, allowed: `${smallSidecar} bytes` };
    throw new Failure('UnsupportedFormat', message, facts);
  }
}
