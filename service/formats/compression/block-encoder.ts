import type { ByteSink, Encoder } from '../bytes.js';
import type { EncodedFormat } from './format.js';

/*
 * Encoding on several threads, for formats whose files may be joined: the data are cut into blocks, each becomes a member
 * (gzip, RFC 1952 section 2.2) or stream (bzip2) of its own. Threads and this one share memory and wait for each other by
 * futex: no bytes pass through messages, and everything here stays synchronous.
 */

/** Bytes of data in a block: as pigz and pbzip2 cut them, large enough that compression hardly suffers. */
const blockSizes: Partial<Record<EncodedFormat, number>> = { gzip: 1024 * 1024, bzip2: 900_000 };

/** Where the state and the two lengths stand in the shared control words. */
export const word = { state: 0, inputLength: 1, outputLength: 2 } as const;
export const state = { idle: 0, given: 1, done: 2, failed: 3, quit: 4 } as const;

/** What a thread that encodes blocks is started with. */
export interface BlockThreadRequest {
  format: EncodedFormat;
  level: number;
  control: SharedArrayBuffer;
  input: SharedArrayBuffer;
  output: SharedArrayBuffer;
}

/** Starts a thread that runs encodeBlocks() with the request, and lets the process end without it. */
export type StartBlockThread = (request: BlockThreadRequest) => void;

/** A thread that has not answered after so many milliseconds never will. */
const blockTimeoutMs = 120_000;

/** One thread and the memory shared with it. */
class BlockSlot {
  readonly control = new Int32Array(new SharedArrayBuffer(12));
  readonly input: Buffer;
  readonly output: Buffer;

  constructor(format: EncodedFormat, level: number, blockSize: number, start: StartBlockThread) {
    const input = new SharedArrayBuffer(blockSize);
    // What cannot be compressed grows, by far less than this.
    const output = new SharedArrayBuffer(blockSize + blockSize / 8 + 4096);
    this.input = Buffer.from(input);
    this.output = Buffer.from(output);
    start({ format, level, control: this.control.buffer, input, output });
  }

  give(length: number): void {
    this.control[word.inputLength] = length;
    this.#set(state.given);
  }

  /** Waits for the block that was given last and hands it on. */
  take(sink: ByteSink): void {
    if (Atomics.load(this.control, word.state) === state.idle) return;
    this.#awaitAnswer();
    if (Atomics.load(this.control, word.state) !== state.done)
      throw new Error('a thread that encodes blocks has failed');
    sink.write(this.output, 0, this.control[word.outputLength] ?? 0);
    Atomics.store(this.control, word.state, state.idle);
  }

  /** The state alone says that the block is done: a notification may be a late one, for the block before (futex(2)). */
  #awaitAnswer(): void {
    const deadline = performance.now() + blockTimeoutMs;
    while (Atomics.load(this.control, word.state) === state.given) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      Atomics.wait(this.control, word.state, state.given, left);
    }
  }

  quit(): void {
    this.#set(state.quit);
  }

  #set(value: number): void {
    Atomics.store(this.control, word.state, value);
    Atomics.notify(this.control, word.state);
  }
}

class BlockEncoder implements Encoder {
  readonly #sink: ByteSink;
  readonly #slots: BlockSlot[];
  readonly #blockSize: number;
  #current = 0;
  #filled = 0;
  #any = false;

  constructor(sink: ByteSink, slots: BlockSlot[], blockSize: number) {
    this.#sink = sink;
    this.#slots = slots;
    this.#blockSize = blockSize;
  }

  write(buffer: Buffer, offset: number, length: number): void {
    for (let position = offset; position < offset + length; ) {
      const count = Math.min(offset + length - position, this.#blockSize - this.#filled);
      buffer.copy(this.#slot().input, this.#filled, position, position + count);
      position += count;
      this.#filled += count;
      if (this.#filled === this.#blockSize) this.#next();
    }
  }

  finish(): void {
    // Nothing at all is one empty member too: an empty file is no archive.
    if (this.#filled > 0 || !this.#any) this.#next();
    for (let count = 0; count < this.#slots.length; count += 1) {
      this.#slot().take(this.#sink);
      this.#advance();
    }
  }

  [Symbol.dispose](): void {
    for (const slot of this.#slots) slot.quit();
  }

  #slot(): BlockSlot {
    const slot = this.#slots[this.#current];
    if (slot === undefined) throw new RangeError('no such slot');
    return slot;
  }

  #advance(): void {
    this.#current = (this.#current + 1) % this.#slots.length;
  }

  /** Gives the filled block away, and waits for the slot that comes next: its block is the oldest. */
  #next(): void {
    this.#slot().give(this.#filled);
    this.#any = true;
    this.#filled = 0;
    this.#advance();
    this.#slot().take(this.#sink);
  }
}

/** Encodes on several threads; undefined for formats whose library has threads of its own. */
export function openBlockEncoder(
  format: EncodedFormat,
  level: number,
  sink: ByteSink,
  threads: number,
  start: StartBlockThread,
): Encoder | undefined {
  const blockSize = blockSizes[format];
  if (blockSize === undefined) return undefined;
  // One more than there are processors: while this thread waits for the oldest block, the others have work.
  const slots = Array.from({ length: threads + 1 }, () => new BlockSlot(format, level, blockSize, start));
  return new BlockEncoder(sink, slots, blockSize);
}

/** What a thread does: encodes one block after the other with `openEncoder`, until it is told to quit. */
export function encodeBlocks(request: BlockThreadRequest, openEncoder: (sink: ByteSink) => Encoder): void {
  const control = new Int32Array(request.control);
  const input = Buffer.from(request.input);
  const output = Buffer.from(request.output);
  for (;;) {
    for (let now = Atomics.load(control, word.state); now !== state.given; now = Atomics.load(control, word.state)) {
      if (now === state.quit) return;
      Atomics.wait(control, word.state, now);
    }
    let length = 0;
    const sink: ByteSink = {
      write(buffer, offset, count) {
        buffer.copy(output, length, offset, offset + count);
        length += count;
      },
    };
    let result: number = state.failed;
    try {
      using encoder = openEncoder(sink);
      encoder.write(input, 0, control[word.inputLength] ?? 0);
      encoder.finish();
      control[word.outputLength] = length;
      if (length <= output.length) result = state.done;
    } finally {
      // Unless it was told to quit meanwhile.
      Atomics.compareExchange(control, word.state, state.given, result);
      Atomics.notify(control, word.state);
    }
  }
}
