import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BlockThreadRequest } from '../../formats/compression/block-encoder.js';
import { openEncoder } from '../../formats/compression/encoder.js';
import type { CodecHost } from '../../formats/compression/host.js';
import { dataDescriptor, firstFileDescriptor } from '../ipc/channel.js';
import { FrameReader } from '../ipc/frames.js';
import type { ExportEncodeOrder, MovedBytes } from '../ipc/messages.js';
import { ExportSink } from '../placement/export-target.js';

const blockSize = 1024 * 1024;

/** Starts a thread that encodes blocks. */
export function startBlockThread(workerData: BlockThreadRequest): void {
  new Worker(`${dirname(process.argv[1] ?? '.')}/encodeBlocks.js`, { workerData }).unref();
}

/**
 * Encodes what comes from the placement process into the caller's descriptor.
 *
 * @throws Failure InsufficientSpace, FileSystemError when the descriptor takes no more bytes
 * @throws Failure UnsupportedFormat when neither library nor program of the compression is installed
 * @throws Failure Corrupt when the compression fails
 * @throws Failure WorkerFailed when the placement process ends before it has sent all
 */
export function encodeExport({ compression, threads, digest }: ExportEncodeOrder, host: CodecHost): MovedBytes {
  const frames = new FrameReader(dataDescriptor, 'placement');
  const target = new ExportSink(firstFileDescriptor, digest);
  using encoder = openEncoder(compression, target, { threads, startThread: startBlockThread, host });
  const block = Buffer.allocUnsafe(blockSize);
  while (frames.nextPart() !== undefined) {
    for (let count = frames.read(block, 0, blockSize); count > 0; count = frames.read(block, 0, blockSize)) {
      encoder.write(block, 0, count);
    }
  }
  encoder.finish();
  return { bytes: target.bytes, sha256: target.digest(), decodedBytes: frames.received };
}
