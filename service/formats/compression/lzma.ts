import { formatNeededBytes } from '../../../common/sizes.js';
import type { NativeFunction } from '../../../linux/native.js';
import type { DecodeEngine, Fault, Step, StepResult } from './engine.js';
import { LZMA_FINISH, LZMA_MEM_ERROR, LZMA_MEMLIMIT_ERROR, LZMA_OK, LZMA_RUN } from './headers/constants.js';
import { decoderOverhead, LzmaStream, liblzmaNames } from './liblzma.js';
import type { Library, LibraryLoader } from './library.js';

/* liblzma's decoder of .lzma, which xz's predecessor wrote; lzma/container.h. */

/** Where the header has the size of the dictionary. */
const dictionaryOffset = 1;

/** Decodes .lzma; `memoryLimit` bounds the dictionary, in bytes. Undefined without liblzma. */
export function openLzmaDecoder(load: LibraryLoader, memoryLimit: number): DecodeEngine | undefined {
  const library = load(liblzmaNames);
  return library && new LzmaDecodeEngine(library, memoryLimit);
}

class LzmaDecodeEngine implements DecodeEngine {
  readonly padding = 'none';
  readonly #stream: LzmaStream;
  readonly #memoryLimit: number;
  readonly #initialise: NativeFunction<number>;

  constructor(library: Library, memoryLimit: number) {
    this.#memoryLimit = memoryLimit;
    this.#initialise = library.bind('int lzma_alone_decoder(void *stream, uint64_t limit)');
    this.#stream = new LzmaStream(library);
  }

  start(header: Buffer): Fault | undefined {
    const dictionary = header.readUInt32LE(dictionaryOffset);
    if (dictionary > this.#memoryLimit) return this.#tooMuch(`a dictionary of ${formatNeededBytes(dictionary)}`);
    const code = this.#initialise(this.#stream.memory, this.#memoryLimit + decoderOverhead);
    return code === LZMA_OK ? undefined : this.#fault(code);
  }

  run(step: Step): StepResult {
    return this.#stream.run(step, step.last ? LZMA_FINISH : LZMA_RUN, (code) => this.#fault(code));
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
    this.#stream[Symbol.dispose]();
  }
}
