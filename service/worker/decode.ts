import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../failure.js';
import type { ByteSource } from '../stages/bytes.js';
import { openDecoder } from '../stages/codec/decoder.js';
import { FrameWriter } from '../stages/frames.js';
import { failOn } from '../store/fileSystemFailure.js';
import { readPatiently } from '../system/descriptors.js';
import { dataDescriptor } from './channel.js';

/*
 * The decoding thread of the stream process: blocking reads from a descriptor, blocking writes into the pipe to the placement
 * process. Nothing passes through messages but the order to start and the end.
 */

export interface DecodeRequest {
  descriptor: number;
  threads: number;
  /** Whether to compute SHA-256 of the bytes as they are read. */
  digest: boolean;
  /** Eight bytes of shared memory: how many bytes have been read so far. */
  counter: SharedArrayBuffer;
  /** How messages call the bytes, at the beginning of a sentence. */
  subject: string;
}

export type DecodeOutcome =
  | { decodedBytes: number; sha256: string | null }
  | { failure: { kind: Failure['kind']; message: string; facts: Failure['facts'] } };

/** xz dictionaries and zstd windows beyond this are refused, in bytes. */
const memoryLimit = 128 * 1024 * 1024;
const blockSize = 1024 * 1024;

/** Throws Failure: what cannot be read is a disk with a fault, or a connection whose other end is gone. */
export function readOrExplain(subject: string, counts: BigUint64Array, read: () => number): number {
  try {
    return failOn(subject, read);
  } catch (error) {
    if (!(error instanceof Failure && 'errorName' in error.facts && error.facts.errorName === 'ECONNRESET'))
      throw error;
    const offset = Number(Atomics.load(counts, 0));
    const message = `The connection broke after ${offset} bytes; nothing was placed`;
    throw new Failure('Corrupt', message, { what: 'the connection', offset });
  }
}

function decode({ descriptor, threads, digest, counter, subject }: DecodeRequest): DecodeOutcome {
  const hash = digest ? createHash('sha256') : null;
  const counts = new BigUint64Array(counter);
  const source: ByteSource = {
    read(buffer, offset, length) {
      const count = readOrExplain(subject, counts, () => {
        return readPatiently(descriptor, () => readSync(descriptor, buffer, offset, length, null));
      });
      hash?.update(buffer.subarray(offset, offset + count));
      Atomics.add(counts, 0, BigInt(count));
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

const request: DecodeRequest = workerData;

parentPort?.once('message', () => {
  let outcome: DecodeOutcome;
  try {
    outcome = decode(request);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    outcome = { failure: { kind: error.kind, message: error.message, facts: error.facts } };
  } finally {
    closeSync(request.descriptor);
  }
  parentPort?.postMessage(outcome);
  parentPort?.close();
});
