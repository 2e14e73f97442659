import { closeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../failure.js';
import { decodeStream, type EncodedStream } from './decodeStream.js';

/*
 * The decoding thread of a pull: blocking reads from a pipe, blocking writes into the one to the placement process. Nothing passes
 * through messages but the order to start and the end.
 */

export type DecodeOutcome =
  | { decodedBytes: number }
  | { failure: { kind: Failure['kind']; message: string; facts: Failure['facts'] } };

const stream: EncodedStream = workerData;

parentPort?.once('message', () => {
  let outcome: DecodeOutcome;
  try {
    outcome = decodeStream(stream);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    outcome = { failure: { kind: error.kind, message: error.message, facts: error.facts } };
  } finally {
    closeSync(stream.descriptor);
  }
  parentPort?.postMessage(outcome);
  parentPort?.close();
});
