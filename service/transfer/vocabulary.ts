import type { FailureName } from '../failure.js';
import type { WorkerMessage } from '../worker/messages.js';

/** Which process may say what: the stream process meets strangers, so it is not believed what only placement can know. */
export const speakers: Record<WorkerMessage['type'], readonly string[]> = {
  log: ['stream', 'placement', 'manage', 'cleanup'],
  phase: ['stream', 'placement'],
  progress: ['stream', 'placement'],
  received: ['placement'],
  streamed: ['stream'],
  planned: ['stream'],
  moved: ['stream'],
  exported: ['placement'],
  source: ['placement'],
  placed: ['placement'],
  managed: ['manage'],
  cleaned: ['cleanup'],
  failure: ['stream', 'placement', 'manage', 'cleanup'],
  bug: ['stream', 'placement', 'manage', 'cleanup'],
};

/** All there are: the compiler sees to it. */
const failureNames: Record<FailureName, true> = {
  ImageExists: true,
  NoSuchImage: true,
  ImageBusy: true,
  InvalidName: true,
  InvalidUrl: true,
  TransferInProgress: true,
  NoSuchTransfer: true,
  TooManyTransfers: true,
  VerificationFailed: true,
  DownloadFailed: true,
  UnsupportedFormat: true,
  InsufficientSpace: true,
  Corrupt: true,
  FileSystemError: true,
  MetadataLost: true,
  Cancelled: true,
  ServiceStopping: true,
  WorkerFailed: true,
};

/** Throws TypeError when a process cannot have meant to say this. What the parts of a message are is believed. */
export function checkMessage(speaker: string, message: unknown): asserts message is WorkerMessage {
  const { type, kind } = Object(message);
  if (!Object.hasOwn(speakers, type)) throw new TypeError(`a message of type ${JSON.stringify(type)}`);
  if (!speakers[type as WorkerMessage['type']].includes(speaker))
    throw new TypeError(`'${type}', which it cannot know`);
  if (type === 'failure' && !Object.hasOwn(failureNames, kind))
    throw new TypeError(`a failure ${JSON.stringify(kind)}`);
}
