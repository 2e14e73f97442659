import { readSync, writevSync } from 'node:fs';
import { Failure } from '../failure.js';
import { hasCode } from '../system/call.js';
import type { ByteSink, ByteSource } from './bytes.js';

/*
 * What travels through the pipe between the process that decodes and the one that places: named parts (the image, then
 * its sidecars), each a run of frames. Ends are written out, because the end of a pipe may as well be a crash.
 *
 *   part:   u32 length of the name (not 0), the name, frames, u32 0
 *   frame:  u32 length (not 0), the bytes
 *   end:    u32 0
 */

const longestName = 255;

function writeSome(descriptor: number, buffers: Buffer[]): number {
  try {
    return writevSync(descriptor, buffers);
  } catch (error) {
    if (!hasCode(error, 'EPIPE')) throw error;
    const message = 'The process that takes the bytes ended before it had taken all of them; nothing was placed';
    throw new Failure('WorkerFailed', message, { process: 'placement' });
  }
}

function writeAll(descriptor: number, buffers: Buffer[]): void {
  let rest = buffers;
  for (;;) {
    let written = writeSome(descriptor, rest);
    while (rest[0] !== undefined && written >= rest[0].length) {
      written -= rest[0].length;
      rest = rest.slice(1);
    }
    if (rest[0] === undefined) return;
    rest = [rest[0].subarray(written), ...rest.slice(1)];
  }
}

/** Writes parts to a descriptor in blocking mode. Throws Failure WorkerFailed when the reader is gone. */
export class FrameWriter implements ByteSink {
  readonly #descriptor: number;
  readonly #header = Buffer.alloc(4);
  /** Bytes of all frames so far, without headers. */
  written = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  beginPart(name: string): void {
    this.#header.writeUInt32LE(name.length, 0);
    writeAll(this.#descriptor, [this.#header, Buffer.from(name, 'latin1')]);
  }

  write(buffer: Buffer, offset: number, length: number): void {
    if (length === 0) return;
    this.#header.writeUInt32LE(length, 0);
    writeAll(this.#descriptor, [this.#header, buffer.subarray(offset, offset + length)]);
    this.written += length;
  }

  endPart(): void {
    this.#header.writeUInt32LE(0, 0);
    writeAll(this.#descriptor, [this.#header]);
  }

  /** Says that there are no more parts. */
  end(): void {
    this.endPart();
  }
}

/** Reads what a FrameWriter wrote; as a ByteSource it gives the bytes of the current part. */
export class FrameReader implements ByteSource {
  readonly #descriptor: number;
  readonly #header = Buffer.alloc(4);
  #left = 0;
  #inPart = false;
  /** Bytes of all frames so far, without headers. */
  received = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The name of the next part, or null after the last. Whatever is left of the current one is skipped. */
  nextPart(): string | null {
    if (this.#inPart) this.#skip();
    const length = this.#readLength();
    if (length === 0) return null;
    if (length > longestName) throw endedEarly();
    const name = Buffer.alloc(length);
    this.#fill(name);
    this.#inPart = true;
    return name.toString('latin1');
  }

  read(buffer: Buffer, offset: number, length: number): number {
    if (!this.#inPart) return 0;
    if (this.#left === 0) {
      this.#left = this.#readLength();
      if (this.#left === 0) {
        this.#inPart = false;
        return 0;
      }
    }
    const count = readSync(this.#descriptor, buffer, offset, Math.min(length, this.#left), null);
    if (count === 0) throw endedEarly();
    this.#left -= count;
    this.received += count;
    return count;
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
      if (count === 0) throw endedEarly();
      filled += count;
    }
  }
}

function endedEarly(): Failure {
  return new Failure(
    'WorkerFailed',
    'The process that sends the bytes ended before it had sent all of them; nothing was placed',
    {
      process: 'stream',
    },
  );
}
