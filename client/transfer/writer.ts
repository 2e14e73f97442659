import { constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { hasCode } from '../../linux/errno.js';
import { fileFault, UserError, writeReasonOf } from '../cli/failure.js';
import type { ExportTarget } from './export-target.js';

/** Takes the bytes of an image that is exported to here. */
export interface Writer extends AsyncDisposable {
  /** @throws UserError if it cannot be written */
  write(chunk: Buffer): Promise<void>;
  /**
   * After the last chunk.
   *
   * @throws UserError if the size cannot be set
   */
  finish(): Promise<void>;
}

const blockSize = 4096;
const zeros = Buffer.alloc(64 * 1024);

/**
 * The writer that suits what is behind the descriptor of a target.
 *
 * @throws UserError if a pipe cannot be written
 */
export function writerTo({ descriptor, path, isNew }: Pick<ExportTarget, 'descriptor' | 'path' | 'isNew'>): Writer {
  const found = fstatSync(descriptor);
  if (found.isFIFO() || found.isSocket()) return new StreamWriter(descriptor, found.isFIFO(), path);
  return new FileWriter(descriptor, path, isNew);
}

/** Blocks of zeros become holes in a new file: an exported disk is no larger here than it was there. */
class FileWriter implements Writer {
  readonly #fd: number;
  readonly #path: string;
  readonly #isSparse: boolean;
  #offset = 0;

  constructor(descriptor: number, path: string, isNew: boolean) {
    this.#fd = descriptor;
    this.#path = path;
    this.#isSparse = isNew;
  }

  async write(chunk: Buffer): Promise<void> {
    for (let start = 0; start < chunk.length; ) {
      const length = Math.min(zeros.length, chunk.length - start);
      const part = chunk.subarray(start, start + length);
      const isHole = this.#isSparse && length >= blockSize && part.compare(zeros, 0, length) === 0;
      if (isHole) this.#offset += length;
      else this.#writeAll(part);
      start += length;
    }
  }

  async finish(): Promise<void> {
    if (this.#isSparse) this.#attempt(() => ftruncateSync(this.#fd, this.#offset));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #writeAll(part: Buffer): void {
    for (let done = 0; done < part.length; ) {
      // Devices and what standard output was redirected to are written to where they stand.
      const position = this.#isSparse ? this.#offset : null;
      const rest = part.length - done;
      // Into the page cache: a thread's errand for each chunk would cost more than the copy.
      const written = this.#attempt(() => writeSync(this.#fd, part, done, rest, position));
      done += written;
      this.#offset += written;
    }
  }

  #attempt<Value>(action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      throw cannotWrite(this.#path, error, this.#fd);
    }
  }
}

/** Never blocks, so that Ctrl-C is heard while nobody reads. */
class StreamWriter implements Writer {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #path: string;

  constructor(descriptor: number, isPipe: boolean, path: string) {
    const own = isPipe ? reopen(descriptor, path) : descriptor;
    this.#socket = new Socket({ fd: own, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#fd = descriptor;
    this.#path = path;
  }

  write(chunk: Buffer): Promise<void> {
    const descriptor = this.#fd;
    return new Promise((resolve, reject) => {
      this.#socket.write(chunk, (error) => (error ? reject(cannotWrite(this.#path, error, descriptor)) : resolve()));
    });
  }

  async finish(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}

/** Not to block is then our own business, and not that of everybody who has the pipe. */
function reopen(descriptor: number, path: string): number {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    // Made by another user.
    if (hasCode(error, 'EACCES')) return descriptor;
    throw cannotWrite(path, error, descriptor);
  }
}

function cannotWrite(path: string, error: unknown, descriptor: number): UserError {
  // What a write and an open say of a pipe.
  const isAbandoned = hasCode(error, 'EPIPE', 'ENXIO');
  const reason = isAbandoned ? 'nobody reads from it any more' : writeReasonOf(error, descriptor);
  return new UserError(`Cannot write ${path}: ${reason}.`, fileFault(error, undefined));
}
