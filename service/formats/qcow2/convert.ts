import { fstatSync, readSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { cloneImpossible, cloneRange } from '../../../linux/space.js';
import { dataExtents } from '../disk/copy.js';
import {
  blockSize,
  ProgressCounter,
  SparseWriter,
  setSize,
  type WriteOptions,
  type Written,
  writeFailure,
} from '../disk/sparse.js';
import { SizeLimit } from '../size-limit.js';
import { changed } from '../unchanged.js';
import { checkTables } from './check.js';
import { ClusterDecoder } from './compressed.js';
import { type Qcow2Image, readHeader } from './header.js';
import { type Mapping, mappings } from './tables.js';

/** File systems share whole blocks; asking for less would only fail. */
const cloneUnit = 4096;

export interface ConvertOptions extends WriteOptions {
  /** Looked at between pieces of the image. */
  signal?: AbortSignal;
  /** Told what is odd about the image but does not keep it from being converted. */
  onWarning?: (message: string) => void;
}

/**
 * Writes the disk that a qcow2 image (version 2 or 3; zlib or zstd; any cluster size; internal snapshots are ignored)
 * describes to `target`, a new, empty file: sharing blocks where the file system can do that, and leaving holes where
 * the disk has zeros. Memory is bounded by the tables (at most 128 MiB) and time by the size of the file and `sizeMax`,
 * whatever the image claims. The last cluster of the file need not be whole: what it lacks is zeros, as in QEMU.
 *
 * @throws Failure Corrupt, also when the image becomes shorter meanwhile or is marked as corrupt and its tables show it, UnsupportedFormat on a backing file, external data, encryption, unknown features, beyond
 * `sizeMax` or when the file system cannot have files of that size, InsufficientSpace, Cancelled when `signal` aborts;
 * SystemError or Error of node on failed reads and writes
 */
export function convertQcow2(source: number, target: number, options: ConvertOptions = {}): Written {
  const subject = options.subject ?? 'The image';
  const image = readHeader(source, subject);
  if (image.dirty) {
    options.onWarning?.(`${subject} was not closed properly when it was last used; its data is taken as it is`);
  }
  if (image.corrupt) {
    checkTables(source, image, subject);
    options.onWarning?.(`${subject} is marked as corrupt, but all its tables are sound; its data is taken as it is`);
  }
  new SizeLimit(options).checkWhole(image.virtualSize);
  setSize(target, image.virtualSize, subject);
  using converter = new Converter(source, target, image, options);
  const progress = new ProgressCounter(options.onProgress);
  const onCut = (bytes: number) =>
    options.onWarning?.(
      `${subject} ends within its last cluster; the ${bytes} bytes that it lacks are taken for zeros`,
    );
  for (const mapping of mappings(source, image, subject, onCut)) {
    converter.convert(mapping);
    progress.tell(Math.min(image.virtualSize, mapping.guest + mapping.length));
  }
  // What is gone reads as holes.
  if (fstatSync(source).size < image.fileSize) throw changed('the image', undefined, 'became shorter');
  progress.end(image.virtualSize);
  return { size: image.virtualSize, allocated: converter.allocated };
}

class Converter implements Disposable {
  readonly #source: number;
  readonly #target: number;
  readonly #image: Qcow2Image;
  readonly #signal: AbortSignal | undefined;
  readonly #subject: string;
  readonly #writer: SparseWriter;
  /** What was read or unpacked, zeros too: clusters may be named any number of times. */
  readonly #work: SizeLimit;
  readonly #buffer = Buffer.allocUnsafeSlow(blockSize);
  #clusters: ClusterDecoder | undefined = undefined;
  #cloning = true;
  #cloned = 0;

  constructor(source: number, target: number, image: Qcow2Image, options: ConvertOptions) {
    this.#source = source;
    this.#target = target;
    this.#image = image;
    this.#signal = options.signal;
    this.#subject = options.subject ?? 'The image';
    this.#writer = new SparseWriter(target, options);
    this.#work = new SizeLimit(options);
  }

  /** Bytes written or shared so far. */
  get allocated(): number {
    return this.#writer.allocated + this.#cloned;
  }

  convert(mapping: Mapping): void {
    this.#judgeCancelled();
    // The last cluster may reach beyond the end of the disk.
    const room = this.#image.virtualSize - mapping.guest;
    if (mapping.kind === 'compressed') this.#unpack(mapping, room);
    else this.#transferData(mapping, Math.min(mapping.length, room));
  }

  [Symbol.dispose](): void {
    this.#clusters?.[Symbol.dispose]();
  }

  #judgeCancelled(): void {
    if (this.#signal?.aborted) throw new Failure('Cancelled', 'The conversion was cancelled', {});
  }

  #transferData({ host, guest }: Mapping, length: number): void {
    for (const { start, end } of dataExtents(this.#source, host, host + length)) {
      this.#transfer(start, guest + start - host, end - start);
    }
  }

  #transfer(host: number, guest: number, length: number): void {
    this.#work.count(length);
    const shared = this.#clone(host, guest, length);
    if (shared < length) this.#copy(host + shared, guest + shared, length - shared);
  }

  /** Shares what whole blocks there are and gives back how many bytes that were. */
  #clone(host: number, guest: number, length: number): number {
    const whole = length - (length % cloneUnit);
    if (!this.#cloning || whole === 0 || host % cloneUnit !== 0 || guest % cloneUnit !== 0) return 0;
    try {
      cloneRange(this.#source, host, whole, this.#target, guest);
    } catch (error) {
      if (!cloneImpossible(error)) throw writeFailure(error, this.#target, this.#subject);
      // EINVAL may be about this range only.
      this.#cloning = hasCode(error, 'EINVAL');
      return 0;
    }
    this.#cloned += whole;
    return whole;
  }

  #copy(host: number, guest: number, length: number): void {
    for (let done = 0; done < length; ) {
      this.#judgeCancelled();
      const read = readSync(this.#source, this.#buffer, 0, Math.min(blockSize, length - done), host + done);
      if (read === 0) throw changed('the image', host + done, 'became shorter');
      this.#writer.write(this.#buffer, 0, read, guest + done);
      done += read;
    }
  }

  #unpack({ guest, host, length }: Mapping, room: number): void {
    this.#work.count(this.#image.clusterSize);
    this.#clusters ??= new ClusterDecoder(this.#source, this.#image, this.#subject);
    const cluster = this.#clusters.read(host, length);
    const end = Math.min(cluster.length, room);
    for (let done = 0; done < end; done += blockSize) {
      this.#writer.write(cluster, done, Math.min(blockSize, end - done), guest + done);
    }
  }
}
