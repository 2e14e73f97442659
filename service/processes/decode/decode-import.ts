import type { CodecHost } from '../../formats/compression/host.js';
import { dataDescriptor, firstFileDescriptor } from '../ipc/channel.js';
import { FrameWriter } from '../ipc/frames.js';
import type { ImportDecodeOrder, MovedBytes } from '../ipc/messages.js';
import { ProgressReport } from '../ipc/progress.js';
import { decodeStream } from './decode-stream.js';

/**
 * Decodes what comes from the caller's descriptor into the pipe to the placement process. Blocks: this process has nothing else to
 * do, and a thread takes as long to start as node.
 *
 * @throws Failure Corrupt when it is damaged, or ends too early, or the connection breaks
 * @throws Failure UnsupportedFormat when it is compressed in a way that cannot be read here, or needs more memory than is allowed
 * @throws Failure FileSystemError when the descriptor cannot be read
 * @throws Failure WorkerFailed when the placement process has ended
 */
export function decodeImport({ threads, digest, bytesTotal }: ImportDecodeOrder, host: CodecHost): MovedBytes {
  const report = new ProgressReport(() => bytesTotal);
  let bytes = 0;
  const onRead = (read: number): void => {
    bytes = read;
    report.advance(read);
  };
  const writer = new FrameWriter(dataDescriptor, 'placement');
  const stream = { descriptor: firstFileDescriptor, threads, subject: 'The imported data', ignoreTrailing: true, host };
  const { sha256, ignoredBytes } = decodeStream(stream, writer, { digest, onRead });
  report.finish(bytes);
  writer.end();
  return { bytes, sha256, decodedBytes: writer.written, ignoredBytes };
}
