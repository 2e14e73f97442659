import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { readPatiently } from '../../../linux/descriptors.js';
import { waitUntilReady } from '../../../linux/poll.js';
import type { ByteSource } from '../../formats/bytes.js';
import type { CodecHost } from '../../formats/compression/host.js';
import { openLayeredDecoder } from '../../formats/compression/layers.js';
import { failOn } from '../../images/install/file-system-failure.js';
import type { FrameWriter } from '../ipc/frames.js';

/** How something is decoded. */
export interface Decoding {
  threads: number;
  /** How messages call the bytes, at the beginning of a sentence. */
  subject: string;
  /** Whether bytes after the end of compressed data are left out, rather than refused. */
  ignoreTrailing: boolean;
  /** Given all decoded bytes. */
  hash?: Hash | undefined;
  host: CodecHost;
}

export interface EncodedStream extends Decoding {
  descriptor: number;
}

export interface DecodeOptions {
  /** Whether to compute SHA-256 of the bytes as they are read. */
  digest: boolean;
  /** Told after each read how many bytes have been read, and again now and then while none come. */
  onRead: (bytes: number) => void;
}

const blockSize = 1024 * 1024;
/** Milliseconds after which `onRead` is told again that nothing has come. */
const reportIntervalMs = 200;

/**
 * Reads, and explains why that fails. `offset`: bytes read before.
 *
 * @throws Failure FileSystemError when it cannot be read, as from a disk with a fault
 * @throws Failure Corrupt when it is a connection whose other end is gone (ECONNRESET)
 */
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

/**
 * Decodes all that a source gives into a part of its own. Blocks.
 *
 * @returns how many bytes after the end of compressed data were left out
 * @throws Failure Corrupt when the bytes are damaged, or end too early
 * @throws Failure UnsupportedFormat when they are compressed in a way that cannot be read here, or need more memory than is allowed
 * @throws Failure WorkerFailed when the process that takes the part has ended
 * @throws whatever the source throws
 */
export function decodeSource(source: ByteSource, writer: FrameWriter, decoding: Decoding): number {
  writer.beginPart('image');
  using decoder = openLayeredDecoder(source, decoding);
  const block = Buffer.allocUnsafe(blockSize);
  for (let count = decoder.read(block, 0, blockSize); count > 0; count = decoder.read(block, 0, blockSize)) {
    decoding.hash?.update(block.subarray(0, count));
    writer.write(block, 0, count);
  }
  writer.endPart();
  return decoder.ignoredBytes;
}

/**
 * Decodes all that comes from a descriptor into a part of its own. Blocks.
 *
 * @returns SHA-256 of the bytes as they were read, where `digest` is set, and how many after the end of compressed data were left out
 * @throws Failure Corrupt when the bytes are damaged, or end too early, or the connection breaks
 * @throws Failure UnsupportedFormat when they are compressed in a way that cannot be read here, or need more memory than is allowed
 * @throws Failure FileSystemError when the descriptor cannot be read
 * @throws Failure WorkerFailed when the process that takes the part has ended
 */
export function decodeStream(
  stream: EncodedStream,
  writer: FrameWriter,
  options: DecodeOptions,
): { sha256: string | undefined; ignoredBytes: number } {
  const { descriptor, subject } = stream;
  const { digest, onRead } = options;
  const hash = digest ? createHash('sha256') : undefined;
  let bytesRead = 0;
  const source: ByteSource = {
    read(buffer, offset, length) {
      while (!waitUntilReady([{ descriptor, for: 'reading' }], reportIntervalMs)[0]) onRead(bytesRead);
      const count = readOrExplain(subject, bytesRead, () => {
        return readPatiently(descriptor, () => readSync(descriptor, buffer, offset, length, null));
      });
      hash?.update(buffer.subarray(offset, offset + count));
      bytesRead += count;
      onRead(bytesRead);
      return count;
    },
  };
  const ignoredBytes = decodeSource(source, writer, stream);
  return { sha256: hash?.digest('hex'), ignoredBytes };
}
