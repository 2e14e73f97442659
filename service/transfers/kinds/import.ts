import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../../../common/failure.js';
import { ensureAbsent } from '../../images/layout/existing.js';
import type { ImageClass, ImportDecodeOrder, ImportPlacementOrder, MovedBytes } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { rememberName } from '../supervisor/commit-outcome.js';
import { closeAll } from '../supervisor/descriptors.js';
import { checkCounts, checkPlaces, withCrew } from '../supervisor/supervisor.js';
import type { Workers } from '../supervisor/workers.js';
import type { Result, Transfer } from '../transfer.js';

/** How long the sender has to say what it sent after the last byte, in milliseconds. */
const finishTime = 10_000;

/** An import whose parameters have been checked. */
export interface ImportRequest {
  format: 'tar' | 'raw' | 'directory';
  class: ImageClass;
  name: string;
  force: boolean;
  readOnly: boolean;
  imageRoot: string;
  /** Bytes of allocated data. */
  sizeMax: number;
  /** Bytes to come, if known. */
  bytesTotal: number | null;
  strict: boolean;
}

/** What a sender says it has sent. */
export interface Sent {
  bytes: number;
  sha256: string;
}

/** Where an import comes from. */
export interface ImportSource {
  /** Becomes the transfer's own. */
  descriptor: number;
  /** For bytes over the connection: resolves with what the sender says it sent. Null for a pushed descriptor. */
  sent: Promise<Sent> | null;
}

function placementOrder(
  host: Host,
  request: ImportRequest,
  convertCommand: string[],
  direct: boolean,
): ImportPlacementOrder {
  const { format, class: imageClass, imageRoot, name, force, readOnly, sizeMax, strict } = request;
  const shared = { class: imageClass, imageRoot, name, force, readOnly, sizeMax, strict, direct, convertCommand };
  return {
    ...shared,
    kind: 'import',
    format: format === 'raw' ? 'raw' : 'tar',
    directory: format === 'directory',
    lenient: host.scope === 'user',
    scope: host.scope,
  };
}

/** Imports an image from what the caller pushed or sends. Rejects with a Failure, and nothing is left then. */
export async function runImport(
  host: Host,
  request: ImportRequest,
  source: ImportSource,
  transfer: Transfer,
  signal: AbortSignal,
): Promise<Result> {
  const { descriptor } = source;
  let open = true;
  try {
    transfer.enter('starting');
    if (!request.force) ensureAbsent(request.imageRoot, request.name, request.class, host);
    return await withCrew(host, request.imageRoot, rememberName(request), transfer, signal, (crew, lend) => {
      const order = placementOrder(host, request, lend('convert'), source.sent === null);
      crew.start({
        direction: 'in',
        placement: { order, descriptors: [descriptor] },
        decode: request.format === 'directory' ? null : { order: null, descriptors: [descriptor] },
      });
      closeAll([descriptor]);
      open = false;
      return conduct(request, source, transfer, crew.workers, signal);
    });
  } finally {
    if (open) closeAll([descriptor]);
  }
}

async function conduct(
  request: ImportRequest,
  source: ImportSource,
  transfer: Transfer,
  workers: Workers,
  signal: AbortSignal,
): Promise<Result | null> {
  const told = await workers.next('source');
  if (told === null) return null;
  let moved: MovedBytes | null = { bytes: told.bytes, sha256: null, decodedBytes: 0 };
  if (told.direct) workers.dismiss('decode');
  else moved = await decode(request, source, transfer, workers, signal);
  if (moved === null) return null;
  workers.send('placement', {});
  const placed = await workers.next('placed');
  if (placed === null) return null;
  checkPlaces('placement', request.imageRoot, [placed.outcome.path, placed.outcome.pristinePath]);
  const { bytes, sha256 } = moved;
  return { ...placed.outcome, bytes, sha256, verifiedBy: 'no', signedBy: null, fromCache: false };
}

async function decode(
  request: ImportRequest,
  { sent }: ImportSource,
  transfer: Transfer,
  workers: Workers,
  signal: AbortSignal,
): Promise<MovedBytes | null> {
  const { bytesTotal } = request;
  const order: ImportDecodeOrder = {
    kind: 'import',
    threads: availableParallelism(),
    digest: sent !== null,
    bytesTotal,
  };
  workers.send('decode', order);
  transfer.enter('importing');
  const [moved, received] = await Promise.all([workers.next('moved'), workers.next('received')]);
  if (moved === null || received === null) return null;
  checkCounts('decode', moved.outcome.decodedBytes, 'placement', received.decodedBytes);
  if (sent !== null) await confirm(moved.outcome, sent, signal);
  return moved.outcome;
}

/** A connection that ended may as well have broken: only the sender knows whether all has come. Rejects with Failure Corrupt. */
async function confirm(moved: MovedBytes, sent: Promise<Sent>, signal: AbortSignal): Promise<void> {
  const said = await Promise.race([sent, pause(finishTime, null, { ref: false, signal })]);
  if (said !== null && said.bytes === moved.bytes && said.sha256 === moved.sha256) return;
  const arrived = `${moved.bytes} bytes arrived`;
  const message =
    said === null
      ? `The connection ended after ${moved.bytes} bytes, and the sender did not say that these were all; nothing was placed`
      : `The sender sent ${said.bytes} bytes with SHA-256 ${said.sha256}, but ${arrived} with SHA-256 ${moved.sha256}; nothing was placed`;
  throw new Failure('Corrupt', message, { what: 'the bytes sent', offset: moved.bytes });
}
