import { formatNeededBytes } from '../../../common/sizes.js';
import type { NativeFunction } from '../../../linux/native.js';
import type { DecodeEngine, Engine, Fault, Step, StepResult } from './engine.js';
import {
  LZMA_CHECK_CRC64,
  LZMA_FILTER_LZMA2,
  LZMA_FINISH,
  LZMA_FULL_BARRIER,
  LZMA_MEM_ERROR,
  LZMA_MEMLIMIT_ERROR,
  LZMA_OK,
  LZMA_OPTIONS_ERROR,
  LZMA_RUN,
  LZMA_TELL_UNSUPPORTED_CHECK,
  LZMA_UNSUPPORTED_CHECK,
} from './headers/constants.js';
import { lzma_mt } from './headers/structs.js';
import { decoderOverhead, LzmaStream, liblzmaNames } from './liblzma.js';
import type { Library, LibraryLoader } from './library.js';

/* liblzma's coders of .xz: lzma/base.h and lzma/container.h. */

/** Threads need whole blocks in memory; beyond this for all of them liblzma goes on with fewer threads, in the end one. */
const memoryOfThreads = 256 * 1024 * 1024;

export interface XzDecodeOptions {
  threads: number;
  /** Limit of the dictionary, in bytes. */
  memoryLimit: number;
}

/** Decodes .xz, on several threads where the file has several blocks; undefined without liblzma. */
export function openXzDecoder(load: LibraryLoader, options: XzDecodeOptions): DecodeEngine | undefined {
  const library = load(liblzmaNames);
  return library && new XzDecodeEngine(library, options);
}

class XzDecodeEngine implements DecodeEngine {
  readonly padding = 'fourZeros';
  readonly #stream: LzmaStream;
  readonly #options: XzDecodeOptions;
  readonly #initialise: () => number;

  constructor(library: Library, options: XzDecodeOptions) {
    this.#options = options;
    this.#stream = new LzmaStream(library);
    const threaded =
      options.threads > 1 ? library.find<number>('int lzma_stream_decoder_mt(void *stream, void *options)') : undefined;
    this.#initialise = threaded ? this.#threadedDecoder(library, threaded) : this.#singleDecoder(library);
  }

  get #limit(): number {
    return this.#options.memoryLimit + decoderOverhead;
  }

  #singleDecoder(library: Library): () => number {
    const initialise = library.bind<number>('int lzma_stream_decoder(void *stream, uint64_t limit, uint32_t flags)');
    return () => initialise(this.#stream.memory, this.#limit, LZMA_TELL_UNSUPPORTED_CHECK);
  }

  #threadedDecoder(library: Library, initialise: NativeFunction<number>): () => number {
    const setLimit = library.bind<number>('int lzma_memlimit_set(void *stream, uint64_t limit)');
    const threaded = Math.max(this.#limit, memoryOfThreads);
    const settings = multithreadingOptions({
      flags: LZMA_TELL_UNSUPPORTED_CHECK,
      threads: this.#options.threads,
      limitThreading: threaded,
      limitStop: threaded,
    });
    return () => {
      const result = initialise(this.#stream.memory, settings);
      // The limit above which it gives up may not be below that of threading when it starts, but may be lowered then.
      return result === LZMA_OK ? setLimit(this.#stream.memory, this.#limit) : result;
    };
  }

  start(header: Buffer): Fault | undefined {
    const dictionary = dictionarySize(header);
    if (dictionary !== undefined && dictionary > this.#options.memoryLimit) {
      return this.#tooMuch(`a dictionary of ${formatNeededBytes(dictionary)}`);
    }
    const code = this.#initialise();
    return code === LZMA_OK ? undefined : this.#fault(code);
  }

  run(step: Step): StepResult {
    return this.#stream.run(step, step.last ? LZMA_FINISH : LZMA_RUN, (code) => this.#fault(code));
  }

  #fault(code: number): Fault {
    if (code === LZMA_MEM_ERROR) return { kind: 'noMemory' };
    if (code === LZMA_MEMLIMIT_ERROR) return this.#tooMuch('a larger dictionary in a later block');
    if (code === LZMA_UNSUPPORTED_CHECK) {
      return { kind: 'unsupported', needed: 'another kind of check', allowed: 'CRC32, CRC64, SHA-256 or none' };
    }
    if (code === LZMA_OPTIONS_ERROR) {
      return { kind: 'unsupported', needed: 'other filters', allowed: 'those of the installed liblzma' };
    }
    return { kind: 'damaged', detail: 'its contents contradict xz or their own checksum' };
  }

  #tooMuch(needed: string): Fault {
    return { kind: 'unsupported', needed, allowed: formatNeededBytes(this.#options.memoryLimit) };
  }

  [Symbol.dispose](): void {
    this.#stream[Symbol.dispose]();
  }
}

const streamHeaderLength = 12;

/**
 * The dictionary, in bytes, that the first block of an xz stream asks for (the .xz file format, 3.1 and 5.3.1): liblzma's
 * threaded decoder refuses without telling. Undefined where the header does not say.
 */
export function dictionarySize(stream: Buffer): number | undefined {
  let position = streamHeaderLength + 2;
  const flags = stream[streamHeaderLength + 1] ?? 0;
  const integer = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = stream[position++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if ((byte & 0x80) === 0 || scale > 2 ** 62) return value;
    }
  };
  if (stream[streamHeaderLength] === 0) return undefined;
  for (const present of [0x40, 0x80]) if ((flags & present) !== 0) integer();
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const identifier = integer();
    const length = integer();
    const properties = stream[position];
    if (identifier === LZMA_FILTER_LZMA2 && length === 1 && properties !== undefined)
      return lzma2Dictionary(properties);
    position += length;
  }
  return undefined;
}

function lzma2Dictionary(properties: number): number | undefined {
  if (properties > 40) return undefined;
  return properties === 40 ? 2 ** 32 - 1 : (2 | (properties & 1)) * 2 ** ((properties >> 1) + 11);
}

interface MultithreadingOptions {
  threads: number;
  flags?: number;
  preset?: number;
  check?: number;
  limitThreading?: number;
  limitStop?: number;
}

function multithreadingOptions(options: MultithreadingOptions): Buffer {
  const memory = Buffer.alloc(lzma_mt.sizeof);
  memory.writeUInt32LE(options.flags ?? 0, lzma_mt.flags);
  memory.writeUInt32LE(options.threads, lzma_mt.threads);
  memory.writeUInt32LE(options.preset ?? 0, lzma_mt.preset);
  memory.writeUInt32LE(options.check ?? 0, lzma_mt.check);
  memory.writeBigUInt64LE(BigInt(options.limitThreading ?? 0), lzma_mt.memlimit_threading);
  memory.writeBigUInt64LE(BigInt(options.limitStop ?? 0), lzma_mt.memlimit_stop);
  return memory;
}

/** Encodes .xz with CRC64; `level` is xz's preset, 0 to 9. Undefined without liblzma. */
export function openXzEncoder(load: LibraryLoader, level: number, threads: number): Engine | undefined {
  const library = load(liblzmaNames);
  return library && new XzEncodeEngine(library, level, threads);
}

const MiB = 1024 * 1024;
/**
 * Bytes of data in each thread's first blocks. All others are as large as liblzma makes them, 24 MiB: that alone would leave
 * all threads but one without work on what is smaller, and short blocks throughout would make files 4 to 8 percent larger.
 */
const firstBlocks = [4 * MiB, 8 * MiB, 16 * MiB];

class XzEncodeEngine implements Engine {
  readonly #stream: LzmaStream;
  /** How large the next blocks become, the current one last: what is left of it. */
  readonly #blocks: number[] = [];

  constructor(library: Library, level: number, threads: number) {
    this.#stream = new LzmaStream(library);
    const { memory } = this.#stream;
    const threaded = library.find<number>('int lzma_stream_encoder_mt(void *stream, void *options)');
    const result =
      threaded && threads > 1
        ? threaded(memory, multithreadingOptions({ threads, preset: level, check: LZMA_CHECK_CRC64 }))
        : library.bind<number>('int lzma_easy_encoder(void *stream, uint32_t preset, int check)')(
            memory,
            level,
            LZMA_CHECK_CRC64,
          );
    if (result !== LZMA_OK) throw new Error(`The xz encoder did not start: ${result}`);
    if (threaded && threads > 1)
      this.#blocks = firstBlocks.flatMap((size) => Array<number>(threads).fill(size)).reverse();
  }

  run(step: Step): StepResult {
    const left = this.#blocks.at(-1) ?? Number.POSITIVE_INFINITY;
    if (step.inputEnd - step.inputStart < left && left > 0) return this.#run(step, step.last ? LZMA_FINISH : LZMA_RUN);
    // The block is full: until liblzma has noticed, it wants to be told the same again and again.
    const result = this.#run({ ...step, inputEnd: step.inputStart + left }, LZMA_FULL_BARRIER);
    if (result.ended) this.#blocks.pop();
    return { ...result, ended: false };
  }

  #run(step: Step, action: number): StepResult {
    const result = this.#stream.run(step, action, () => ({ kind: 'noMemory' }));
    const current = this.#blocks.length - 1;
    if (current >= 0) this.#blocks[current] = (this.#blocks[current] ?? 0) - result.consumed;
    return result;
  }

  [Symbol.dispose](): void {
    this.#stream[Symbol.dispose]();
  }
}
