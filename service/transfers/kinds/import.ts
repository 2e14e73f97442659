import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../../../common/failure.js';
import type { Integer } from '../../../varlink/idl/value.js';
import { ensureAvailable } from '../../images/layout/existing.js';
import type { MovedBytes } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import type { OwnedDescriptors } from '../owned-descriptors.js';
import { rememberName } from '../supervisor/commit-outcome.js';
import { startPair } from '../supervisor/pipes.js';
import { checkCounts, checkPlaces, runTransfer } from '../supervisor/run-transfer.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { Result, RunningTransfer } from '../transfer.js';
import { newImage, type RequestedImage } from './requested-image.js';

/** How long the sender has to say what it sent after the last byte, in milliseconds. */
const finishMs = 10_000;

/** An import whose parameters have been checked. */
export interface ImportRequest {
  readonly image: RequestedImage & { readonly name: string };
  /** Whether it comes as a directory, and not as an archive or a disk. */
  readonly directory: boolean;
  /** Bytes to come, if known. */
  readonly bytesTotal: number | undefined;
}

/** What a sender says it has sent. */
export interface Sent {
  bytes: Integer;
  sha256: string;
}

/** Where an import comes from. */
export interface ImportSource {
  descriptor: OwnedDescriptors;
  /** For bytes over the connection: resolves with what the sender says it sent. Undefined for a pushed descriptor. */
  sent: Promise<Sent> | undefined;
}

/**
 * Imports an image from what the caller pushed or sends. When that fails nothing is left, unless the message says that the image is
 * complete.
 *
 * @throws Failure ImageExists when the name is taken, and `force` is not set
 * @throws Failure Corrupt when what comes is damaged, incomplete or changed meanwhile
 * @throws Failure UnsupportedFormat, MetadataLost when it cannot be unpacked or copied
 * @throws Failure ImageBusy, InvalidName, InsufficientSpace, FileSystemError when it cannot be read or placed
 * @throws Failure WorkerFailed when a process cannot start, ends without telling why, or names what it cannot have
 * @throws Failure Cancelled, ServiceStopping when `running.signal` is raised; ServiceStopping also when the program was updated
 */
export async function runImport(
  host: Host,
  request: ImportRequest,
  source: ImportSource,
  running: RunningTransfer,
): Promise<Result> {
  using given = source.descriptor;
  const { image, directory } = request;
  const { imageRoot } = image;
  running.transfer.enter('starting');
  ensureAvailable(image, host);
  const task = { ...running, imageRoot, commitOutcome: rememberName(image) };
  return await runTransfer(host, task, (supervisor) => {
    const shared = { image: newImage(host, image, supervisor.lend('convert'), running.transfer), directory };
    startPair(supervisor, {
      direction: 'in',
      placement: {
        order: { type: 'placeImport', ...shared, direct: source.sent === undefined },
        descriptors: given.numbers,
      },
      decode: directory ? undefined : { order: undefined, descriptors: given.numbers },
    });
    // The sender sees it when nobody reads any more.
    given[Symbol.dispose]();
    return follow(request, source, running, supervisor);
  });
}

async function follow(
  request: ImportRequest,
  source: ImportSource,
  running: RunningTransfer,
  supervisor: Supervisor,
): Promise<Result | undefined> {
  const told = await supervisor.next('source');
  if (told === undefined) return undefined;
  let moved: MovedBytes | undefined = { bytes: told.bytes, sha256: undefined, decodedBytes: 0 };
  if (told.direct) supervisor.dismiss('decode');
  else moved = await decode(request, source, running, supervisor);
  if (moved === undefined) return undefined;
  supervisor.send('placement', { type: 'installImport' });
  const placed = await supervisor.next('placed');
  if (placed === undefined) return undefined;
  checkPlaces('placement', request.image.imageRoot, [placed.outcome.path, placed.outcome.pristinePath]);
  const { bytes, sha256 } = moved;
  const { path, pristinePath, lossCount, losses } = placed.outcome;
  return {
    path,
    pristinePath,
    lossCount,
    losses,
    bytes,
    sha256,
    verifiedBy: 'no',
    signedBy: undefined,
    fromCache: false,
  };
}

async function decode(
  { bytesTotal }: ImportRequest,
  { sent }: ImportSource,
  { transfer, signal }: RunningTransfer,
  supervisor: Supervisor,
): Promise<MovedBytes | undefined> {
  const threads = availableParallelism();
  supervisor.send('decode', { type: 'decodeImport', threads, digest: sent !== undefined, bytesTotal });
  transfer.enter('importing');
  const [moved, received] = await Promise.all([supervisor.next('moved'), supervisor.next('received')]);
  if (moved === undefined || received === undefined) return undefined;
  checkCounts('decode', moved.outcome.decodedBytes, 'placement', received.decodedBytes);
  if (sent !== undefined) await confirm(moved.outcome, sent, signal);
  return moved.outcome;
}

/**
 * A connection that ended may as well have broken: only the sender knows whether all has come.
 *
 * @throws Failure Corrupt when the sender does not say in time that it sent what has come
 * @throws AbortError when `signal` is raised
 */
export async function confirm(moved: MovedBytes, sent: Promise<Sent>, signal: AbortSignal): Promise<void> {
  const said = await Promise.race([sent, pause(finishMs, undefined, { ref: false, signal })]);
  if (said !== undefined && said.bytes === moved.bytes && said.sha256 === moved.sha256) return;
  const arrived = `${moved.bytes} bytes arrived`;
  const message =
    said === undefined
      ? `The connection ended after ${moved.bytes} bytes, and the sender did not say that these were all; nothing was placed`
      : `The sender sent ${said.bytes} bytes with SHA-256 ${said.sha256}, but ${arrived} with SHA-256 ${moved.sha256}; nothing was placed`;
  throw new Failure('Corrupt', message, { what: 'the bytes sent', offset: moved.bytes });
}
