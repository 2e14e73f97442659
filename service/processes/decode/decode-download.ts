import { createHash } from 'node:crypto';
import type { CodecHost } from '../../formats/compression/host.js';
import { algorithmOf } from '../../formats/oci/diff-ids.js';
import { dataDescriptor, firstFileDescriptor } from '../ipc/channel.js';
import { FrameReader, FrameWriter } from '../ipc/frames.js';
import type { MovedBytes, PullDecodeOrder } from '../ipc/messages.js';
import { decodeSource } from './decode-stream.js';

/**
 * Decodes what comes from the fetch process into the pipe to the placement process. Blocks.
 *
 * @throws Failure Corrupt when it is damaged, or ends too early
 * @throws Failure UnsupportedFormat when it is compressed in a way that cannot be read here, or needs more memory than is allowed
 * @throws Failure WorkerFailed when a process at the other end of a pipe has ended
 */
export function decodeDownload({ threads, verified, diffId }: PullDecodeOrder, host: CodecHost): MovedBytes {
  const frames = new FrameReader(firstFileDescriptor, 'fetch');
  frames.nextPart();
  const writer = new FrameWriter(dataDescriptor, 'placement');
  const algorithm = diffId && algorithmOf(diffId);
  const hash = algorithm === undefined ? undefined : createHash(algorithm);
  const decoding = { threads, subject: 'The download', ignoreTrailing: verified, host, hash };
  const ignoredBytes = decodeSource(frames, writer, decoding);
  writer.end();
  const found = hash && `${algorithm}:${hash.digest('hex')}`;
  return { bytes: frames.received, sha256: undefined, decodedBytes: writer.written, diffId: found, ignoredBytes };
}
