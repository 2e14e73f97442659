import { formatNeededBytes } from '../../../common/sizes.js';
import type { NativeFunction } from '../../../linux/native.js';
import { type DecodeEngine, type Fault, LZMA_STREAM, type Step, type StepResult, StreamStructure } from './engine.js';
import type { Library, LibraryLoader } from './library.js';
import { liblzmaNames } from './xz.js';

/* liblzma's decoder of .lzma, which xz's predecessor wrote; lzma/container.h. */

const LZMA_OK = 0;
const LZMA_STREAM_END = 1;
const LZMA_MEM_ERROR = 5;
const LZMA_MEMLIMIT_ERROR = 6;
const LZMA_BUF_ERROR = 10;
const LZMA_RUN = 0;
const LZMA_FINISH = 3;
/** What the decoder needs beside the dictionary, in bytes. */
const decoderOverhead = 2 * 1024 * 1024;
/** Where the header has the size of the dictionary. */
const dictionaryOffset = 1;

/** Decodes .lzma; `memoryLimit` bounds the dictionary, in bytes. Undefined without liblzma. */
export function openLzmaDecoder(load: LibraryLoader, memoryLimit: number): DecodeEngine | undefined {
  const library = load(liblzmaNames);
  return library && new LzmaDecodeEngine(library, memoryLimit);
}

class LzmaDecodeEngine implements DecodeEngine {
  readonly padding = 'none';
  readonly #stream = new StreamStructure(LZMA_STREAM);
  readonly #memoryLimit: number;
  readonly #initialise: NativeFunction<number>;
  readonly #code: NativeFunction<number>;
  readonly #end: NativeFunction<undefined>;

  constructor(library: Library, memoryLimit: number) {
    this.#memoryLimit = memoryLimit;
    this.#initialise = library.bind('int lzma_alone_decoder(void *stream, uint64_t limit)');
    this.#code = library.bind('int lzma_code(void *stream, int action)');
    this.#end = library.bind('void lzma_end(void *stream)');
  }

  start(header: Buffer): Fault | undefined {
    const dictionary = header.readUInt32LE(dictionaryOffset);
    if (dictionary > this.#memoryLimit) return this.#tooMuch(`a dictionary of ${formatNeededBytes(dictionary)}`);
    const code = this.#initialise(this.#stream.memory, this.#memoryLimit + decoderOverhead);
    return code === LZMA_OK ? undefined : this.#fault(code);
  }

  run(step: Step): StepResult {
    this.#stream.load(step);
    const code = this.#code(this.#stream.memory, step.last ? LZMA_FINISH : LZMA_RUN);
    const result = this.#stream.result(step);
    if (code === LZMA_STREAM_END) return { ...result, ended: true };
    if (code === LZMA_OK || code === LZMA_BUF_ERROR) return result;
    return { ...result, fault: this.#fault(code) };
  }

  #fault(code: number): Fault {
    if (code === LZMA_MEM_ERROR) return { kind: 'noMemory' };
    if (code === LZMA_MEMLIMIT_ERROR) return this.#tooMuch('a larger dictionary');
    return { kind: 'damaged', detail: 'its contents contradict lzma' };
  }

  #tooMuch(needed: string): Fault {
    return { kind: 'unsupported', needed, allowed: formatNeededBytes(this.#memoryLimit) };
  }

  [Symbol.dispose](): void {
    this.#end(this.#stream.memory);
  }
}
