import { addressOf, type NativeFunction } from '../../../linux/native.js';
import type { DecodeEngine, Fault, Step, StepResult } from './engine.js';
import { LZ4F_VERSION } from './headers/constants.js';
import { sizes } from './headers/structs.js';
import type { Library, LibraryLoader } from './library.js';

/* liblz4, lz4frame.h. Frames only (the lz4 frame format 1.6): legacy ones are what Linux kernels are compressed with. */

export const liblz4Names = ['liblz4.so.1'];

const frameMagic = 0x184d2204;
const flagDictionary = 0x01;

/** Decodes lz4 frames, skippable ones included; what it needs is at most some blocks of 4 MiB. Undefined without liblz4. */
export function openLz4Decoder(load: LibraryLoader): DecodeEngine | undefined {
  const library = load(liblz4Names);
  return library && new Lz4DecodeEngine(library);
}

class Lz4DecodeEngine implements DecodeEngine {
  readonly padding = 'none';
  readonly #context: bigint;
  /** Two numbers of eight bytes: what there is of room and of input, and then what was used of them. */
  readonly #outputSize = Buffer.alloc(sizes.size_t);
  readonly #inputSize = Buffer.alloc(sizes.size_t);
  readonly #decompress: NativeFunction<number | bigint>;
  readonly #reset: NativeFunction<undefined>;
  readonly #isError: NativeFunction<number>;
  readonly #errorName: NativeFunction<string>;
  readonly #free: NativeFunction<number | bigint>;

  constructor(library: Library) {
    this.#decompress = library.bind(
      'size_t LZ4F_decompress(uint64_t context, uint64_t output, void *outputSize, uint64_t input, void *inputSize, uint64_t options)',
    );
    this.#reset = library.bind('void LZ4F_resetDecompressionContext(uint64_t context)');
    this.#isError = library.bind('unsigned int LZ4F_isError(size_t code)');
    this.#errorName = library.bind('const char *LZ4F_getErrorName(size_t code)');
    this.#free = library.bind('size_t LZ4F_freeDecompressionContext(uint64_t context)');
    const create = library.bind<number | bigint>(
      'size_t LZ4F_createDecompressionContext(void *context, unsigned int version)',
    );
    const context = Buffer.alloc(sizes['void *']);
    if (this.#isError(create(context, LZ4F_VERSION))) throw new Error('LZ4F_createDecompressionContext failed');
    this.#context = context.readBigUInt64LE();
  }

  start(header: Buffer): Fault | undefined {
    this.#reset(this.#context);
    const needsDictionary =
      header.length > 4 && header.readUInt32LE(0) === frameMagic && (header.readUInt8(4) & flagDictionary) !== 0;
    return needsDictionary ? { kind: 'unsupported', needed: 'a dictionary', allowed: 'none' } : undefined;
  }

  run({ input, inputStart, inputEnd, output, outputStart, outputEnd }: Step): StepResult {
    this.#outputSize.writeBigUInt64LE(BigInt(outputEnd - outputStart));
    this.#inputSize.writeBigUInt64LE(BigInt(inputEnd - inputStart));
    const room = addressOf(output) + BigInt(outputStart);
    const data = addressOf(input) + BigInt(inputStart);
    const code = this.#decompress(this.#context, room, this.#outputSize, data, this.#inputSize, 0n);
    if (this.#isError(code)) return { consumed: 0, produced: 0, ended: false, fault: this.#fault(code) };
    return {
      consumed: this.#inputSize.readUInt32LE(),
      produced: this.#outputSize.readUInt32LE(),
      ended: Number(code) === 0,
    };
  }

  #fault(code: number | bigint): Fault {
    if (this.#errorName(code).includes('allocation')) return { kind: 'noMemory' };
    return { kind: 'damaged', detail: 'its contents contradict lz4 or their own checksum' };
  }

  [Symbol.dispose](): void {
    this.#free(this.#context);
  }
}
