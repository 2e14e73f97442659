import type { NativeFunction } from '../../../../linux/native.js';
import { StreamStructure } from '../engine.js';
import { BZ_OK, BZ_STREAM_END } from '../headers/constants.js';
import { bz_stream, sizes } from '../headers/structs.js';
import type { Library, LibraryLoader } from '../library.js';
import { type Bits, joinBits, readBits } from './bits.js';

const endMagic = Buffer.from('177245385090', 'hex');
const magicBits = 48;
const checksumBits = 32;
/** The output of most blocks; runs of equal bytes may unfold to more. */
const outputSize = 1024 * 1024;

/** What a task needs: libbz2, and threads that need no JavaScript to run in. */
export interface Bzip2Threads {
  initialise: NativeFunction<number>;
  decompress: NativeFunction<number>;
  decompressAddress: bigint;
  end: NativeFunction<number>;
  create: NativeFunction<number>;
  join: NativeFunction<number>;
}

/**
 * A C function of one pointer that gives back an int can be the start of a thread: in the calling conventions of all
 * Linux systems the int is the lower half of the pointer that pthread_join(3) gives back.
 */
export function bindBzip2Threads(libbz2: Library, load: LibraryLoader): Bzip2Threads | undefined {
  const system = load([undefined]);
  const create = system?.find<number>(
    'int pthread_create(void *thread, void *attributes, uint64_t start, void *argument)',
  );
  const join = system?.find<number>('int pthread_join(uint64_t thread, void *result)');
  if (!create || !join) return undefined;
  return {
    initialise: libbz2.bind('int BZ2_bzDecompressInit(void *stream, int verbosity, int small)'),
    decompress: libbz2.bind('int BZ2_bzDecompress(void *stream)'),
    decompressAddress: libbz2.addressOf('BZ2_bzDecompress'),
    end: libbz2.bind('int BZ2_bzDecompressEnd(void *stream)'),
    create,
    join,
  };
}

/** A stream of this one block: libbz2 knows no smaller unit. Its checksum is that of the block. */
function streamOf(block: Bits, level: number): Buffer {
  const header: Bits = { bytes: Buffer.from(`BZh${level}`), length: 32 };
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(checksumOf(block));
  const end: Bits = { bytes: Buffer.concat([endMagic, checksum]), length: magicBits + checksumBits };
  const tail = joinBits({ bytes: Buffer.of(block.bytes[block.length >> 3] ?? 0), length: block.length & 7 }, end);
  return Buffer.concat([header.bytes, block.bytes.subarray(0, block.length >> 3), tail.bytes]);
}

export function checksumOf(block: Bits): number {
  return readBits(block.bytes, magicBits, checksumBits);
}

/** Decodes one block in a thread of its own. Disposal waits for the thread. */
export class Bzip2Task implements Disposable {
  readonly #threads: Bzip2Threads;
  readonly #stream = new StreamStructure(bz_stream);
  readonly #input: Buffer;
  readonly #output = Buffer.allocUnsafeSlow(outputSize);
  readonly #thread = Buffer.alloc(sizes['void *']);
  #inputStart = 0;
  #running = false;
  #code = BZ_OK;
  /** The output that was not taken yet is `#output[#taken, #filled)`. */
  #taken = 0;
  #filled = 0;

  constructor(threads: Bzip2Threads, block: Bits, level: number) {
    this.#threads = threads;
    this.#input = streamOf(block, level);
    this.#code = threads.initialise(this.#stream.memory, 0, 0);
    if (this.#code !== BZ_OK) return;
    this.#load(0);
    this.#running = threads.create(this.#thread, null, threads.decompressAddress, this.#stream.memory) === 0;
    if (!this.#running) this.#decompress();
  }

  /** Waits for what comes next: BZ_OK when there is output to take, BZ_STREAM_END when there is none any more, or an error. */
  wait(): number {
    if (this.#running) this.#join();
    else if (this.#code === BZ_OK && this.#taken === this.#filled) {
      this.#load(this.#consumed());
      this.#decompress();
    }
    return this.#taken < this.#filled && this.#code === BZ_STREAM_END ? BZ_OK : this.#code;
  }

  take(buffer: Buffer, start: number, end: number): number {
    const copied = this.#output.copy(buffer, start, this.#taken, Math.min(this.#filled, this.#taken + end - start));
    this.#taken += copied;
    return copied;
  }

  [Symbol.dispose](): void {
    if (this.#running) this.#join();
    this.#threads.end(this.#stream.memory);
  }

  #load(inputStart: number): void {
    this.#inputStart = inputStart;
    this.#stream.load(this.#step());
    this.#taken = 0;
    this.#filled = 0;
  }

  #step() {
    const { length } = this.#input;
    const room = { output: this.#output, outputStart: 0, outputEnd: outputSize };
    return { input: this.#input, inputStart: this.#inputStart, inputEnd: length, ...room, last: true };
  }

  #consumed(): number {
    return this.#inputStart + this.#stream.result(this.#step()).consumed;
  }

  #decompress(): void {
    this.#settle(this.#threads.decompress(this.#stream.memory));
  }

  #join(): void {
    const result = Buffer.alloc(sizes['void *']);
    const failed = this.#threads.join(this.#thread.readBigUInt64LE(0), result);
    this.#running = false;
    if (failed !== 0) throw new Error(`pthread_join failed: ${failed}`);
    this.#settle(result.readInt32LE(0));
  }

  #settle(code: number): void {
    this.#filled = this.#stream.result(this.#step()).produced;
    // All of the input was there: without output it wants more, which no block does.
    this.#code = code === BZ_OK && this.#filled === 0 ? -1 : code;
  }
}
