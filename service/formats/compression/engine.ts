import { addressOf } from '../../../linux/native.js';
import { sizes } from './headers/structs.js';

/** Some input and some room for output, as given to one call of a compression library. */
export interface Step {
  input: Buffer;
  inputStart: number;
  inputEnd: number;
  output: Buffer;
  outputStart: number;
  outputEnd: number;
  /** Whether there is no input after `inputEnd`. */
  last: boolean;
}

/** Why an engine cannot go on; who called it knows the subject and the offset and makes a Failure of it. */
export type Fault =
  | { kind: 'damaged'; detail: string }
  | { kind: 'unsupported'; needed: string; allowed: string }
  | { kind: 'noMemory' };

export interface StepResult {
  consumed: number;
  produced: number;
  /** Whether the stream (gzip member, xz stream, zstd frame, bzip2 stream) has ended. */
  ended: boolean;
  fault?: Fault;
}

/** One compression library in one direction. Disposal frees its memory and ends its threads. */
export interface Engine extends Disposable {
  run(step: Step): StepResult;
}

/** What may stand between and after the streams of a file: nothing, zero bytes at the end, zero bytes in fours. */
export type Padding = 'none' | 'trailingZeros' | 'fourZeros';

/** How much of a stream `start` sees: enough for the headers that tell how much memory it needs. */
export const streamHeaderLength = 64;

export interface DecodeEngine extends Engine {
  readonly padding: Padding;
  /** Begins a stream; `header` are its first bytes, fewer than STREAM_HEADER_LENGTH if it ends there. `run` gets them too. */
  start(header: Buffer): Fault | undefined;
}

/** What z_stream, bz_stream and lzma_stream have in common; the counters have 4 or 8 bytes. */
export interface StreamLayout {
  readonly sizeof: number;
  readonly next_in: number;
  readonly avail_in: number;
  readonly next_out: number;
  readonly avail_out: number;
}

/** The structure by which zlib, libbz2 and liblzma take input and room for output. */
export class StreamStructure {
  readonly memory: Buffer;
  readonly #layout: StreamLayout;
  readonly #counterSize: number;

  constructor(layout: StreamLayout, counterSize: number = sizes['unsigned int']) {
    this.#counterSize = counterSize;
    this.memory = Buffer.alloc(layout.sizeof);
    this.#layout = layout;
  }

  load(step: Step): void {
    const { next_in, avail_in, next_out, avail_out } = this.#layout;
    this.memory.writeBigUInt64LE(addressOf(step.input) + BigInt(step.inputStart), next_in);
    this.#setCounter(avail_in, step.inputEnd - step.inputStart);
    this.memory.writeBigUInt64LE(addressOf(step.output) + BigInt(step.outputStart), next_out);
    this.#setCounter(avail_out, step.outputEnd - step.outputStart);
  }

  /** What a call has done since `load`. The result has not `ended`. */
  result(step: Step): StepResult {
    const consumed = step.inputEnd - step.inputStart - this.#counter(this.#layout.avail_in);
    const produced = step.outputEnd - step.outputStart - this.#counter(this.#layout.avail_out);
    return { consumed, produced, ended: false };
  }

  #setCounter(offset: number, value: number): void {
    this.memory.writeUInt32LE(value, offset);
    if (this.#counterSize === sizes.size_t) this.memory.writeUInt32LE(0, offset + sizes['unsigned int']);
  }

  #counter(offset: number): number {
    return this.memory.readUInt32LE(offset);
  }
}

/** How a library encodes what such a structure points to. */
export interface EncoderCalls {
  readonly name: string;
  /** Gives back the library's code. `last`: nothing follows. */
  encode(memory: Buffer, last: boolean): number;
  end(memory: Buffer): void;
  /** The code that says that everything has come out. */
  readonly streamEnd: number;
  /** A negative code that is not a failure. */
  readonly harmless?: number;
}

/** Encodes on one thread, by a structure that the library has initialised. */
export class StructureEncoder implements Engine {
  readonly #stream: StreamStructure;
  readonly #calls: EncoderCalls;

  constructor(stream: StreamStructure, calls: EncoderCalls) {
    this.#stream = stream;
    this.#calls = calls;
  }

  run(step: Step): StepResult {
    const { name, streamEnd, harmless } = this.#calls;
    this.#stream.load(step);
    const code = this.#calls.encode(this.#stream.memory, step.last);
    if (code < 0 && code !== harmless) throw new Error(`${name} failed: ${code}`);
    return { ...this.#stream.result(step), ended: code === streamEnd };
  }

  [Symbol.dispose](): void {
    this.#calls.end(this.#stream.memory);
  }
}
