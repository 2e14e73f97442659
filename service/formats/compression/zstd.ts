import { formatNeededBytes } from '../../../common/sizes.js';
import { addressOf, type NativeFunction } from '../../../linux/native.js';
import type { DecodeEngine, Engine, Fault, Step, StepResult } from './engine.js';
import {
  ZSTD_c_checksumFlag,
  ZSTD_c_compressionLevel,
  ZSTD_c_nbWorkers,
  ZSTD_d_windowLogMax,
  ZSTD_e_continue,
  ZSTD_e_end,
  ZSTD_error_dictionary_wrong,
  ZSTD_error_frameParameter_windowTooLarge,
  ZSTD_error_memory_allocation,
  ZSTD_MAGICNUMBER,
  ZSTD_reset_session_only,
} from './headers/constants.js';
import { ZSTD_inBuffer, ZSTD_outBuffer } from './headers/structs.js';
import type { Library, LibraryLoader } from './library.js';

/* libzstd, zstd.h and zstd_errors.h. */

export const libzstdNames = ['libzstd.so.1'];

/** ZSTD_inBuffer and ZSTD_outBuffer: address, size, position. */
class TransferBuffer {
  readonly memory: Buffer;
  readonly #layout: typeof ZSTD_inBuffer | typeof ZSTD_outBuffer;

  constructor(layout: typeof ZSTD_inBuffer | typeof ZSTD_outBuffer) {
    this.memory = Buffer.alloc(layout.sizeof);
    this.#layout = layout;
  }

  load(buffer: Buffer, start: number, end: number): void {
    const at = 'src' in this.#layout ? this.#layout.src : this.#layout.dst;
    this.memory.writeBigUInt64LE(addressOf(buffer) + BigInt(start), at);
    this.memory.writeBigUInt64LE(BigInt(end - start), this.#layout.size);
    this.memory.writeBigUInt64LE(0n, this.#layout.pos);
  }

  get position(): number {
    return this.memory.readUInt32LE(this.#layout.pos);
  }
}

/** Decodes zstd frames (RFC 8878), skippable ones included; `memoryLimit` bounds the window. Undefined without libzstd. */
export function openZstdDecoder(load: LibraryLoader, memoryLimit: number): DecodeEngine | undefined {
  const library = load(libzstdNames);
  return library && new ZstdDecodeEngine(library, memoryLimit);
}

class ZstdDecodeEngine implements DecodeEngine {
  readonly padding = 'none';
  readonly #input = new TransferBuffer(ZSTD_inBuffer);
  readonly #output = new TransferBuffer(ZSTD_outBuffer);
  readonly #context: bigint;
  readonly #memoryLimit: number;
  readonly #decompress: NativeFunction<number | bigint>;
  readonly #reset: NativeFunction<number | bigint>;
  readonly #isError: NativeFunction<number>;
  readonly #errorCode: NativeFunction<number>;
  readonly #free: NativeFunction<number | bigint>;

  constructor(library: Library, memoryLimit: number) {
    this.#memoryLimit = memoryLimit;
    this.#decompress = library.bind('size_t ZSTD_decompressStream(uint64_t context, void *output, void *input)');
    this.#reset = library.bind('size_t ZSTD_DCtx_reset(uint64_t context, int directive)');
    this.#isError = library.bind('unsigned int ZSTD_isError(size_t code)');
    this.#errorCode = library.bind('int ZSTD_getErrorCode(size_t code)');
    this.#free = library.bind('size_t ZSTD_freeDCtx(uint64_t context)');
    this.#context = BigInt(library.bind<number | bigint>('uint64_t ZSTD_createDCtx()')());
    if (this.#context === 0n) throw new Error('ZSTD_createDCtx failed');
    const set = library.bind<number | bigint>('size_t ZSTD_DCtx_setParameter(uint64_t context, int name, int value)');
    set(this.#context, ZSTD_d_windowLogMax, Math.floor(Math.log2(memoryLimit)));
  }

  start(header: Buffer): Fault | undefined {
    this.#reset(this.#context, ZSTD_reset_session_only);
    const window = windowSize(header);
    if (window === undefined || window <= this.#memoryLimit) return undefined;
    return this.#windowTooLarge(`a window of ${formatNeededBytes(window)}`);
  }

  run(step: Step): StepResult {
    this.#input.load(step.input, step.inputStart, step.inputEnd);
    this.#output.load(step.output, step.outputStart, step.outputEnd);
    const code = this.#decompress(this.#context, this.#output.memory, this.#input.memory);
    const result = { consumed: this.#input.position, produced: this.#output.position, ended: code === 0 };
    return this.#isError(code) ? { ...result, fault: this.#fault(this.#errorCode(code)) } : result;
  }

  #fault(code: number): Fault {
    if (code === ZSTD_error_memory_allocation) return { kind: 'noMemory' };
    if (code === ZSTD_error_frameParameter_windowTooLarge) return this.#windowTooLarge('a larger window');
    if (code === ZSTD_error_dictionary_wrong) return { kind: 'unsupported', needed: 'a dictionary', allowed: 'none' };
    return { kind: 'damaged', detail: 'its contents contradict zstd or their own checksum' };
  }

  #windowTooLarge(needed: string): Fault {
    return { kind: 'unsupported', needed, allowed: formatNeededBytes(this.#memoryLimit) };
  }

  [Symbol.dispose](): void {
    this.#free(this.#context);
  }
}

/** The window that a frame header asks for (RFC 8878 3.1.1.1), in bytes; undefined for skippable frames and cut headers. */
export function windowSize(header: Buffer): number | undefined {
  if (header.length < 6 || header.readUInt32LE(0) !== ZSTD_MAGICNUMBER) return undefined;
  const descriptor = header.readUInt8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  if (!singleSegment) {
    const window = header.readUInt8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const sizeOffset = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const sizeBytes = [1, 2, 4, 8][descriptor >> 6] ?? 0;
  if (header.length < sizeOffset + sizeBytes) return undefined;
  return sizeBytes === 8
    ? Number(header.readBigUInt64LE(sizeOffset))
    : header.readUIntLE(sizeOffset, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}

/** Encodes one zstd frame with a checksum; `level` 1 to 19. Undefined without libzstd. */
export function openZstdEncoder(load: LibraryLoader, level: number, threads: number): Engine | undefined {
  const library = load(libzstdNames);
  return library && new ZstdEncodeEngine(library, level, threads);
}

class ZstdEncodeEngine implements Engine {
  readonly #input = new TransferBuffer(ZSTD_inBuffer);
  readonly #output = new TransferBuffer(ZSTD_outBuffer);
  readonly #context: bigint;
  readonly #compress: NativeFunction<number | bigint>;
  readonly #isError: NativeFunction<number>;
  readonly #free: NativeFunction<number | bigint>;

  constructor(library: Library, level: number, threads: number) {
    this.#compress = library.bind(
      'size_t ZSTD_compressStream2(uint64_t context, void *output, void *input, int directive)',
    );
    this.#isError = library.bind('unsigned int ZSTD_isError(size_t code)');
    this.#free = library.bind('size_t ZSTD_freeCCtx(uint64_t context)');
    this.#context = BigInt(library.bind<number | bigint>('uint64_t ZSTD_createCCtx()')());
    if (this.#context === 0n) throw new Error('ZSTD_createCCtx failed');
    const set = library.bind<number | bigint>('size_t ZSTD_CCtx_setParameter(uint64_t context, int name, int value)');
    set(this.#context, ZSTD_c_compressionLevel, level);
    set(this.#context, ZSTD_c_checksumFlag, 1);
    // A library built without threads refuses this and compresses on one.
    if (threads > 1) set(this.#context, ZSTD_c_nbWorkers, threads);
  }

  run(step: Step): StepResult {
    this.#input.load(step.input, step.inputStart, step.inputEnd);
    this.#output.load(step.output, step.outputStart, step.outputEnd);
    const directive = step.last ? ZSTD_e_end : ZSTD_e_continue;
    const code = this.#compress(this.#context, this.#output.memory, this.#input.memory, directive);
    const result = { consumed: this.#input.position, produced: this.#output.position };
    if (this.#isError(code)) return { ...result, ended: false, fault: { kind: 'noMemory' } };
    return { ...result, ended: step.last && code === 0 };
  }

  [Symbol.dispose](): void {
    this.#free(this.#context);
  }
}
