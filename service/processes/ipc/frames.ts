import { readSync, writevSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { NAME_MAX } from '../../../linux/headers/constants.js';
import { waitUntilReady } from '../../../linux/poll.js';
import type { ByteSink, ByteSource } from '../../formats/bytes.js';

/*
 * What travels through the pipes between the processes of a transfer: named parts (such as the image, then its sidecars), each a
 * run of frames. Ends are written out, because the end of a pipe may as well be a crash.
 *
 *   part:   u32 length of the name (not 0), the name, frames, u32 0
 *   frame:  u32 length (not 0), the bytes; or, with the highest bit set, that many bytes of zeros, which do not follow
 *   end:    u32 0
 */

/** What is said of the process at the other end of a pipe. It says itself why it ended, if it can. */
export const takerEnded = 'The process that takes the bytes ended before it had taken all of them; nothing was placed';
export const senderEnded = 'The process that sends the bytes ended before it had sent all of them; nothing was placed';

const zerosMark = 0x80000000;
/** Zeros are looked for in pieces of this many bytes: for less, a frame is not worth while. */
const grain = 16 * 1024;
const zeros = Buffer.alloc(grain);

function writeAll(descriptor: number, buffers: Buffer[]): void {
  let rest = buffers;
  for (;;) {
    let written = writevSync(descriptor, rest);
    while (rest[0] !== undefined && written >= rest[0].length) {
      written -= rest[0].length;
      rest = rest.slice(1);
    }
    if (rest[0] === undefined) return;
    rest = [rest[0].subarray(written), ...rest.slice(1)];
  }
}

/** Where the run of pieces of zeros, or of others, ends that begins at `from`. What is less than a piece counts as data. */
function runEnd(buffer: Buffer, from: number, end: number, wanted: boolean): number {
  let position = from;
  while (position < end && isZeroPiece(buffer, position, end) === wanted) position = Math.min(end, position + grain);
  return position;
}

function isZeroPiece(buffer: Buffer, start: number, end: number): boolean {
  return buffer[start] === 0 && start + grain <= end && buffer.compare(zeros, 0, grain, start, start + grain) === 0;
}

/**
 * Writes parts to a descriptor in blocking mode. Every method may throw:
 *
 * @throws Failure WorkerFailed when the reader is gone
 */
export class FrameWriter implements ByteSink {
  readonly #descriptor: number;
  readonly #reader: string;
  readonly #header = Buffer.alloc(4);
  /** Bytes of all frames so far, without headers. */
  written = 0;

  /** `reader`: the process at the other end. */
  constructor(descriptor: number, reader: string) {
    this.#descriptor = descriptor;
    this.#reader = reader;
  }

  beginPart(name: string): void {
    this.#header.writeUInt32LE(name.length, 0);
    this.#send([this.#header, Buffer.from(name, 'latin1')]);
  }

  write(buffer: Buffer, offset: number, length: number): void {
    const end = offset + length;
    for (let from = offset; from < end; ) {
      const data = runEnd(buffer, from, end, false);
      if (data > from) this.#frame(data - from, [buffer.subarray(from, data)]);
      from = runEnd(buffer, data, end, true);
      if (from > data) this.#frame((from - data) | zerosMark, []);
    }
    this.written += length;
  }

  #frame(header: number, content: Buffer[]): void {
    this.#header.writeUInt32LE(header >>> 0, 0);
    this.#send([this.#header, ...content]);
  }

  endPart(): void {
    this.#header.writeUInt32LE(0, 0);
    this.#send([this.#header]);
  }

  /** Says that there are no more parts. */
  end(): void {
    this.endPart();
  }

  #send(buffers: Buffer[]): void {
    try {
      writeAll(this.#descriptor, buffers);
    } catch (error) {
      if (!hasCode(error, 'EPIPE')) throw error;
      throw new Failure('WorkerFailed', takerEnded, { process: this.#reader });
    }
  }
}

/** Reads what a FrameWriter wrote; as a ByteSource it gives the bytes of the current part. */
export class FrameReader implements ByteSource {
  readonly #descriptor: number;
  readonly #writer: string;
  readonly #header = Buffer.alloc(4);
  #left = 0;
  #inZeros = false;
  #inPart = false;
  /** Bytes of all frames so far, without headers. */
  received = 0;

  /** `writer`: the process at the other end. */
  constructor(descriptor: number, writer: string) {
    this.#descriptor = descriptor;
    this.#writer = writer;
  }

  /** The name of the next part, or undefined after the last. Whatever is left of the current one is skipped. */
  nextPart(): string | undefined {
    if (this.#inPart) this.#skip();
    const length = this.#readLength();
    if (length === 0) return undefined;
    if (length > NAME_MAX) throw this.#endedEarly();
    const name = Buffer.alloc(length);
    this.#fill(name);
    this.#inPart = true;
    return name.toString('latin1');
  }

  /** Whether nothing has come after the last part. Does not wait for what may still come. */
  hasEnded(): boolean {
    const [isReady = false] = waitUntilReady([{ descriptor: this.#descriptor, for: 'reading' }], 0);
    return !isReady || readSync(this.#descriptor, this.#header, 0, 1, null) === 0;
  }

  read(buffer: Buffer, offset: number, length: number): number {
    if (!this.#inPart) return 0;
    if (!this.#nextFrame()) return 0;
    const wanted = Math.min(length, this.#left);
    if (this.#inZeros) buffer.fill(0, offset, offset + wanted);
    const count = this.#inZeros ? wanted : readSync(this.#descriptor, buffer, offset, wanted, null);
    if (count === 0) throw this.#endedEarly();
    this.#take(count);
    return count;
  }

  /** Skips the zeros that come next, if they came as such, and gives back how many bytes that were. */
  skipZeros(): number {
    if (!this.#inPart || !this.#nextFrame() || !this.#inZeros) return 0;
    const count = this.#left;
    this.#take(count);
    return count;
  }

  #take(count: number): void {
    this.#left -= count;
    this.received += count;
  }

  /** Whether there is something left of the part; makes sure that a frame with bytes is at hand. */
  #nextFrame(): boolean {
    if (this.#left > 0) return true;
    const header = this.#readLength();
    this.#inZeros = (header & zerosMark) !== 0;
    this.#left = (header & ~zerosMark) >>> 0;
    if (header === 0) this.#inPart = false;
    else if (this.#left === 0) throw this.#endedEarly();
    return header !== 0;
  }

  #skip(): void {
    const scratch = Buffer.alloc(1 << 16);
    while (this.read(scratch, 0, scratch.length) > 0);
  }

  #readLength(): number {
    this.#fill(this.#header);
    return this.#header.readUInt32LE(0);
  }

  #fill(target: Buffer): void {
    for (let filled = 0; filled < target.length; ) {
      const count = readSync(this.#descriptor, target, filled, target.length - filled, null);
      if (count === 0) throw this.#endedEarly();
      filled += count;
    }
  }

  #endedEarly(): Failure {
    return new Failure('WorkerFailed', senderEnded, { process: this.#writer });
  }
}
