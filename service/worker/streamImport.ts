import { FrameWriter } from '../stages/frames.js';
import { dataDescriptor, firstFileDescriptor, tell } from './channel.js';
import { DecodeThread } from './decodeThread.js';
import type { ImportStreamOrder, MovedBytes } from './messages.js';

/** Milliseconds between two reports of progress. */
const reportInterval = 200;

/** Decodes what comes from the caller's descriptor into the pipe to the placement process. Rejects with a Failure. */
export async function streamImport({ threads, digest, bytesTotal }: ImportStreamOrder): Promise<MovedBytes> {
  const thread = new DecodeThread({ descriptor: firstFileDescriptor, threads, digest, subject: 'The imported data' });
  const report = (): void => tell({ type: 'progress', bytesDone: thread.bytesRead, bytesTotal });
  const timer = setInterval(report, reportInterval);
  try {
    thread.start();
    const { decodedBytes, sha256 } = await thread.decoded();
    report();
    new FrameWriter(dataDescriptor).end();
    return { bytes: thread.bytesRead, sha256, decodedBytes };
  } finally {
    clearInterval(timer);
  }
}
