import { FrameReader, FrameWriter } from '../stages/frames.js';
import { dataDescriptor, firstFileDescriptor } from './channel.js';
import { decodeSource } from './decodeStream.js';
import type { MovedBytes, PullDecodeOrder } from './messages.js';

/** Decodes what comes from the fetch process into the pipe to the placement process. Blocks. Throws Failure. */
export function decodeDownload({ threads }: PullDecodeOrder): MovedBytes {
  const frames = new FrameReader(firstFileDescriptor, 'fetch');
  frames.nextPart();
  const writer = new FrameWriter(dataDescriptor, 'placement');
  decodeSource(frames, writer, { threads, subject: 'The download' });
  writer.end();
  return { bytes: frames.received, sha256: null, decodedBytes: writer.written };
}
