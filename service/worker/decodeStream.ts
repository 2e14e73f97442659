import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { Failure } from '../failure.js';
import type { ByteSource } from '../stages/bytes.js';
import { openDecoder } from '../stages/codec/decoder.js';
import { FrameWriter } from '../stages/frames.js';
import { failOn } from '../store/fileSystemFailure.js';
import { readPatiently } from '../system/descriptors.js';
import { waitUntilReady } from '../system/poll.js';
import { dataDescriptor } from './channel.js';

export interface EncodedStream {
  descriptor: number;
  threads: number;
  /** How messages call the bytes, at the beginning of a sentence. */
  subject: string;
}

export interface DecodeOptions {
  /** Whether to compute SHA-256 of the bytes as they are read. */
  digest?: boolean;
  /** Told after each read how many bytes have been read, and again now and then while none come. */
  onRead?: (bytes: number) => void;
}

export interface Decoded {
  decodedBytes: number;
  /** Of the bytes as they were read. */
  sha256: string | null;
}

/** xz dictionaries and zstd windows beyond this are refused, in bytes. */
const memoryLimit = 128 * 1024 * 1024;
const blockSize = 1024 * 1024;
/** Milliseconds after which `onRead` is told again that nothing has come. */
const patience = 200;

/** Throws Failure: what cannot be read is a disk with a fault, or a connection whose other end is gone. `offset`: bytes read before. */
export function readOrExplain(subject: string, offset: number, read: () => number): number {
  try {
    return failOn(subject, read);
  } catch (error) {
    if (!(error instanceof Failure && 'errorName' in error.facts && error.facts.errorName === 'ECONNRESET'))
      throw error;
    const message = `The connection broke after ${offset} bytes; nothing was placed`;
    throw new Failure('Corrupt', message, { what: 'the connection', offset });
  }
}

/** Decodes all that comes from a descriptor into the pipe to the placement process. Blocks. Throws Failure. */
export function decodeStream({ descriptor, threads, subject }: EncodedStream, options: DecodeOptions = {}): Decoded {
  const { digest = false, onRead } = options;
  const hash = digest ? createHash('sha256') : null;
  let bytesRead = 0;
  const source: ByteSource = {
    read(buffer, offset, length) {
      while (onRead && !waitUntilReady([{ descriptor, for: 'reading' }], patience)[0]) onRead(bytesRead);
      const count = readOrExplain(subject, bytesRead, () => {
        return readPatiently(descriptor, () => readSync(descriptor, buffer, offset, length, null));
      });
      hash?.update(buffer.subarray(offset, offset + count));
      bytesRead += count;
      onRead?.(bytesRead);
      return count;
    },
  };
  const writer = new FrameWriter(dataDescriptor);
  writer.beginPart('image');
  using decoder = openDecoder(source, { threads, memoryLimit, subject });
  const block = Buffer.allocUnsafe(blockSize);
  for (let count = decoder.read(block, 0, blockSize); count > 0; count = decoder.read(block, 0, blockSize)) {
    writer.write(block, 0, count);
  }
  writer.endPart();
  return { decodedBytes: writer.written, sha256: hash?.digest('hex') ?? null };
}
