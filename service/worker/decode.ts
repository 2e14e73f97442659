import { closeSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../failure.js';
import type { ByteSource } from '../stages/bytes.js';
import { openDecoder } from '../stages/codec/decoder.js';
import { FrameWriter } from '../stages/frames.js';
import { dataDescriptor } from './channel.js';

/*
 * The decoding thread of the stream process: blocking reads from the pipe that the network side fills, blocking writes into
 * the pipe to the placement process. Nothing passes through messages but the order to start and the end.
 */

export interface DecodeRequest {
  descriptor: number;
  threads: number;
}

export type DecodeOutcome =
  | { decodedBytes: number }
  | { failure: { kind: Failure['kind']; message: string; facts: Failure['facts'] } };

/** xz dictionaries and zstd windows beyond this are refused, in bytes. */
const memoryLimit = 128 * 1024 * 1024;
const blockSize = 1024 * 1024;

function decode(request: DecodeRequest): number {
  const writer = new FrameWriter(dataDescriptor);
  writer.beginPart('image');
  const source: ByteSource = {
    read: (buffer, offset, length) => readSync(request.descriptor, buffer, offset, length, null),
  };
  using decoder = openDecoder(source, { threads: request.threads, memoryLimit, subject: 'The download' });
  const block = Buffer.allocUnsafe(blockSize);
  for (let count = decoder.read(block, 0, blockSize); count > 0; count = decoder.read(block, 0, blockSize)) {
    writer.write(block, 0, count);
  }
  writer.endPart();
  return writer.written;
}

const request: DecodeRequest = workerData;

parentPort?.once('message', () => {
  let outcome: DecodeOutcome;
  try {
    outcome = { decodedBytes: decode(request) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    outcome = { failure: { kind: error.kind, message: error.message, facts: error.facts } };
  } finally {
    closeSync(request.descriptor);
  }
  parentPort?.postMessage(outcome);
  parentPort?.close();
});
