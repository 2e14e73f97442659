import type { NativeFunction } from '../../../../linux/native.js';
import {
  type DecodeEngine,
  type Engine,
  type Fault,
  type Step,
  type StepResult,
  StreamStructure,
  StructureEncoder,
} from '../engine.js';
import { BZ_FINISH, BZ_MEM_ERROR, BZ_OK, BZ_RUN, BZ_STREAM_END } from '../headers/constants.js';
import { bz_stream } from '../headers/structs.js';
import type { Library, LibraryLoader } from '../library.js';

/* libbz2, bzlib.h. Debian and Fedora disagree on its soname. */

export const libbz2Names = ['libbz2.so.1.0', 'libbz2.so.1'];

/** Decodes bzip2 on one thread; undefined without libbz2. */
export function openBzip2Decoder(load: LibraryLoader): DecodeEngine | undefined {
  const library = load(libbz2Names);
  return library && new Bzip2DecodeEngine(library);
}

class Bzip2DecodeEngine implements DecodeEngine {
  readonly padding = 'trailingZeros';
  readonly #stream = new StreamStructure(bz_stream);
  readonly #initialise: NativeFunction<number>;
  readonly #decompress: NativeFunction<number>;
  readonly #end: NativeFunction<number>;

  constructor(library: Library) {
    this.#initialise = library.bind('int BZ2_bzDecompressInit(void *stream, int verbosity, int small)');
    this.#decompress = library.bind('int BZ2_bzDecompress(void *stream)');
    this.#end = library.bind('int BZ2_bzDecompressEnd(void *stream)');
  }

  start(): Fault | undefined {
    this.#end(this.#stream.memory);
    this.#stream.memory.fill(0);
    return this.#initialise(this.#stream.memory, 0, 0) === BZ_OK ? undefined : { kind: 'noMemory' };
  }

  run(step: Step): StepResult {
    this.#stream.load(step);
    const code = this.#decompress(this.#stream.memory);
    const result = this.#stream.result(step);
    if (code === BZ_STREAM_END) return { ...result, ended: true };
    if (code === BZ_OK) return result;
    return { ...result, fault: bzip2Fault(code) };
  }

  [Symbol.dispose](): void {
    this.#end(this.#stream.memory);
  }
}

/** What a code of BZ2_bzDecompress other than BZ_OK and BZ_STREAM_END means. */
export function bzip2Fault(code: number): Fault {
  if (code === BZ_MEM_ERROR) return { kind: 'noMemory' };
  return { kind: 'damaged', detail: 'its contents contradict bzip2 or their own checksum' };
}

/** Encodes bzip2 on one thread; `level` 1 to 9 is the block size in 100,000 bytes. Undefined without libbz2. */
export function openBzip2Encoder(load: LibraryLoader, level: number): Engine | undefined {
  const library = load(libbz2Names);
  return library && encoderOf(library, level);
}

function encoderOf(library: Library, level: number): Engine {
  const stream = new StreamStructure(bz_stream);
  const compress = library.bind<number>('int BZ2_bzCompress(void *stream, int action)');
  const end = library.bind<number>('int BZ2_bzCompressEnd(void *stream)');
  const initialise = library.bind<number>('int BZ2_bzCompressInit(void *stream, int level, int verbosity, int work)');
  const result = initialise(stream.memory, level, 0, 0);
  if (result !== BZ_OK) throw new Error(`BZ2_bzCompressInit failed: ${result}`);
  return new StructureEncoder(stream, {
    name: 'BZ2_bzCompress',
    encode: (memory, last) => compress(memory, last ? BZ_FINISH : BZ_RUN),
    end,
    streamEnd: BZ_STREAM_END,
  });
}
