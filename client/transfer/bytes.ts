import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../cli/failure.js';

/** What went over a connection, as both sides can say it. */
export interface Moved {
  readonly bytes: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
}

/** The bytes of an image, one chunk after the other. */
export type Chunks = AsyncIterable<Buffer>;

/** The other side closed the connection, or the link broke: only another connection can tell why. */
export class StreamBroken extends Error {
  constructor(cause: unknown) {
    super('the stream of bytes broke', { cause });
    this.name = 'StreamBroken';
  }
}

/**
 * Sends all bytes and the end.
 *
 * @throws UserError if the source fails or the link is known to have broken; StreamBroken if the other side takes no more
 */
export async function sendBytes(source: Chunks, stream: Duplex): Promise<Moved> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* measured() {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  // Nothing comes back but the end, which is seen only by those who read.
  stream.resume();
  try {
    await pipeline(measured, stream);
  } catch (error) {
    throw error instanceof UserError ? error : new StreamBroken(error);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Receives all bytes until the end. That it was not too early only the service can say.
 *
 * @throws UserError if the bytes cannot be written or the link is known to have broken; StreamBroken if the stream broke
 */
export async function receiveBytes(stream: Duplex, write: (chunk: Buffer) => Promise<void>): Promise<Moved> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      await write(chunk);
    }
  } catch (error) {
    throw error instanceof UserError ? error : new StreamBroken(error);
  }
  return { bytes, sha256: hash.digest('hex') };
}
