import type { CodecHost } from '../../formats/compression/host.js';
import { dataDescriptor, firstFileDescriptor } from '../ipc/channel.js';
import { FrameReader, FrameWriter } from '../ipc/frames.js';
import type { MovedBytes, PullDecodeOrder } from '../ipc/messages.js';
import { decodeSource } from './decode-stream.js';

/** Decodes what comes from the fetch process into the pipe to the placement process. Blocks. Throws Failure. */
export function decodeDownload({ threads }: PullDecodeOrder, host: CodecHost): MovedBytes {
  const frames = new FrameReader(firstFileDescriptor, 'fetch');
  frames.nextPart();
  const writer = new FrameWriter(dataDescriptor, 'placement');
  decodeSource(frames, writer, { threads, subject: 'The download', host });
  writer.end();
  return { bytes: frames.received, sha256: null, decodedBytes: writer.written };
}
