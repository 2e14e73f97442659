import type { NativeFunction } from '../../../linux/native.js';
import { Crc32 } from './crc32.js';
import {
  type DecodeEngine,
  type Engine,
  type Fault,
  type Step,
  type StepResult,
  StreamStructure,
  StructureEncoder,
} from './engine.js';
import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_DEFLATED,
  Z_FINISH,
  Z_MEM_ERROR,
  Z_NEED_DICT,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
} from './headers/constants.js';
import { z_stream } from './headers/structs.js';
import type { Library, LibraryLoader } from './library.js';

/*
 * zlib as node carries it: node offers zlib.h to native modules and exports its functions. That copy, Chromium's, is
 * about three times as fast as gzip(1) and twice as fast as the host's libz, which is the second choice.
 */

const gzipWindowBits = 15 + 16;
/** Deflate without a header or checksum (RFC 1951). */
const rawWindowBits = -15;
const memoryLevel = 8;

function loadZlib(load: LibraryLoader): Library | undefined {
  for (const soname of [undefined, 'libz.so.1']) {
    const library = load([soname]);
    if (library?.find('const char *zlibVersion()')) return library;
  }
  return undefined;
}

/** Decodes gzip (RFC 1952) with checks of length and CRC; undefined without a zlib. */
export function openGzipDecoder(load: LibraryLoader): DecodeEngine | undefined {
  const library = loadZlib(load);
  if (library === undefined) return undefined;
  const validate = library.find<number>('int inflateValidate(void *stream, int check)');
  const inflate = new InflateEngine(library, gzipWindowBits);
  return validate === undefined ? inflate : new CheckedInflateEngine(inflate, validate);
}

/** Decodes bare deflate (RFC 1951), as in clusters of qcow2; undefined without a zlib. */
export function openRawInflate(load: LibraryLoader): DecodeEngine | undefined {
  const library = loadZlib(load);
  return library && new InflateEngine(library, rawWindowBits);
}

class InflateEngine implements DecodeEngine {
  readonly padding = 'trailingZeros';
  readonly #stream = new StreamStructure(z_stream);
  readonly #inflate: NativeFunction<number>;
  readonly #reset: NativeFunction<number>;
  readonly #end: NativeFunction<number>;

  constructor(library: Library, windowBits: number) {
    this.#inflate = library.bind('int inflate(void *stream, int flush)');
    this.#reset = library.bind('int inflateReset(void *stream)');
    this.#end = library.bind('int inflateEnd(void *stream)');
    const version = library.bind<string>('const char *zlibVersion()')();
    const initialise = library.bind<number>('int inflateInit2_(void *stream, int bits, const char *version, int size)');
    const result = initialise(this.#stream.memory, windowBits, version, this.#stream.memory.length);
    if (result !== Z_OK) throw new Error(`inflateInit2 failed: ${result}`);
  }

  start(): Fault | undefined {
    this.#reset(this.#stream.memory);
    return undefined;
  }

  /** Of the z_stream. */
  get memory(): Buffer {
    return this.#stream.memory;
  }

  run(step: Step): StepResult {
    this.#stream.load(step);
    const code = this.#inflate(this.#stream.memory, Z_NO_FLUSH);
    const result = this.#stream.result(step);
    if (code === Z_STREAM_END) return { ...result, ended: true };
    if (code === Z_OK || code === Z_BUF_ERROR) return result;
    return { ...result, fault: inflateFault(code) };
  }

  [Symbol.dispose](): void {
    this.#end(this.#stream.memory);
  }
}

/**
 * Checks length and CRC of members in zlib's place, which looks at every zero of a disk and takes half of its time for that. What
 * comes of the first call, zlib checks all the same: headers, and members that are no longer.
 */
class CheckedInflateEngine implements DecodeEngine {
  readonly padding = 'trailingZeros';
  readonly #inflate: InflateEngine;
  readonly #validate: NativeFunction<number>;
  readonly #tail = new MemberTail();
  #checksum = new Crc32();
  #length = 0;

  constructor(inflate: InflateEngine, validate: NativeFunction<number>) {
    this.#inflate = inflate;
    this.#validate = validate;
  }

  start(): Fault | undefined {
    this.#checksum = new Crc32();
    this.#length = 0;
    this.#validate(this.#inflate.memory, 1);
    return this.#inflate.start();
  }

  run(step: Step): StepResult {
    const result = this.#inflate.run(step);
    if (result.fault || (this.#length === 0 && result.ended)) return result;
    // The header is over.
    if (this.#length === 0 && result.produced > 0) this.#validate(this.#inflate.memory, 0);
    this.#checksum.update(step.output, step.outputStart, step.outputStart + result.produced);
    this.#length += result.produced;
    this.#tail.add(step.input, step.inputStart, step.inputStart + result.consumed);
    return result.ended && !this.#isAsPromised() ? { ...result, fault: contradiction } : result;
  }

  #isAsPromised(): boolean {
    const { checksum, length } = this.#tail;
    return checksum === this.#checksum.value && length === this.#length % 2 ** 32;
  }

  [Symbol.dispose](): void {
    this.#inflate[Symbol.dispose]();
  }
}

/** The last bytes of a member that have been read, of which the last eight are its trailer (RFC 1952, section 2.3.1). */
class MemberTail {
  readonly #bytes = Buffer.alloc(8);

  add(input: Buffer, start: number, end: number): void {
    const added = Math.min(8, end - start);
    this.#bytes.copyWithin(0, added);
    input.copy(this.#bytes, 8 - added, end - added, end);
  }

  get checksum(): number {
    return this.#bytes.readUInt32LE(0);
  }

  /** In bytes, without what is above 32 bits. */
  get length(): number {
    return this.#bytes.readUInt32LE(4);
  }
}

const contradiction: Fault = { kind: 'damaged', detail: 'its contents contradict gzip or their own checksum' };

function inflateFault(code: number): Fault {
  if (code === Z_MEM_ERROR) return { kind: 'noMemory' };
  if (code === Z_NEED_DICT) return { kind: 'unsupported', needed: 'a preset dictionary', allowed: 'none' };
  return contradiction;
}

/** Encodes gzip on one thread; `level` 1 to 9. Undefined without a zlib. */
export function openGzipEncoder(load: LibraryLoader, level: number): Engine | undefined {
  const library = loadZlib(load);
  return library && encoderOf(library, level);
}

function encoderOf(library: Library, level: number): Engine {
  const stream = new StreamStructure(z_stream);
  const { memory } = stream;
  const deflate = library.bind<number>('int deflate(void *stream, int flush)');
  const end = library.bind<number>('int deflateEnd(void *stream)');
  const version = library.bind<string>('const char *zlibVersion()')();
  const initialise = library.bind<number>(
    'int deflateInit2_(void *stream, int level, int method, int bits, int memory, int strategy, const char *version, int size)',
  );
  const strategy = Z_DEFAULT_STRATEGY;
  const result = initialise(memory, level, Z_DEFLATED, gzipWindowBits, memoryLevel, strategy, version, memory.length);
  if (result !== Z_OK) throw new Error(`deflateInit2 failed: ${result}`);
  return new StructureEncoder(stream, {
    name: 'deflate',
    encode: (structure, last) => deflate(structure, last ? Z_FINISH : Z_NO_FLUSH),
    end,
    streamEnd: Z_STREAM_END,
    harmless: Z_BUF_ERROR,
  });
}
