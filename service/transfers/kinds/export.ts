import { fstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Failure } from '../../../common/failure.js';
import { accessMode, currentOffset } from '../../../linux/descriptors.js';
import type {
  ExportEncodeOrder,
  ExportPlacementOrder,
  ImageClass,
  LayerCompression,
} from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import type { OwnedDescriptors } from '../owned-descriptors.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { type ProcessPair, startPair } from '../supervisor/pipes.js';
import { checkCounts, runTransfer } from '../supervisor/run-transfer.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { Result, RunningTransfer } from '../transfer.js';
import { openUnnamed } from '../unnamed-file.js';

/** An export whose parameters have been checked. `digest`: whether the receiver will compare what it got with it. */
export interface ExportRequest
  extends Pick<ExportPlacementOrder, 'format' | 'name' | 'path' | 'digest'>,
    Pick<ExportEncodeOrder, 'compression'> {
  class: ImageClass;
  /** The directory it is in: a snapshot of it may be made beside it. */
  imageRoot: string;
}

/** Whether a descriptor is an empty file that is written from its beginning. */
function isEmptyFile(descriptor: number): boolean {
  const status = fstatSync(descriptor);
  return status.isFile() && status.size === 0 && currentOffset(descriptor) === 0 && !accessMode(descriptor).append;
}

function placementOrder(host: Host, request: ExportRequest, target: number): ExportPlacementOrder {
  const { format, name, path, compression, digest } = request;
  const wholeFile = isEmptyFile(target);
  const encoded = compression !== 'uncompressed' || format === 'oci';
  return { type: 'placeExport', format, name, scope: host.scope, path, encoded, digest, wholeFile };
}

/** What the decode process does, and with what; undefined where nothing is encoded. */
function encodingPart(
  request: ExportRequest,
  placing: ExportPlacementOrder,
  given: OwnedDescriptors,
): ProcessPair['decode'] {
  if (!placing.encoded) return undefined;
  const { format, compression, digest, imageRoot } = request;
  const threads = availableParallelism();
  if (format !== 'oci')
    return { order: { type: 'encodeExport', threads, compression, digest }, descriptors: given.numbers };
  const inPlace = placing.wholeFile && !digest;
  if (!inPlace) given.add(openUnnamed(imageRoot));
  const order = { type: 'encodeOci', threads, compression: layerCompression(request), digest, inPlace } as const;
  return { order: { ...order, name: referenceName(request.name) }, descriptors: given.numbers };
}

/** @throws Failure UnsupportedFormat when a layer cannot be compressed so */
function layerCompression({ compression }: ExportRequest): LayerCompression {
  if (compression !== 'xz' && compression !== 'bzip2') return compression;
  const message = `Cannot compress the layer of an OCI image with ${compression}: choose gzip, zstd or uncompressed`;
  throw new Failure('UnsupportedFormat', message, { needed: compression, allowed: 'gzip, zstd, uncompressed' });
}

/** The name of an image as a part of a reference, where it can be one (OCI distribution specification, "Pulling manifests"). */
function referenceName(name: string): string | undefined {
  return /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/.test(name) ? name : undefined;
}

/**
 * Exports an image into a descriptor.
 *
 * @throws Failure ImageBusy while the image is being removed
 * @throws Failure UnsupportedFormat when it cannot be exported in that format or compression
 * @throws Failure Corrupt when it changes meanwhile, or cannot be compressed
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be read, or the descriptor takes no more bytes
 * @throws Failure WorkerFailed when a process cannot start or ends without telling why, or they count different bytes
 * @throws Failure Cancelled, ServiceStopping when `running.signal` is raised; ServiceStopping also when the program was updated
 */
export async function runExport(
  host: Host,
  request: ExportRequest,
  target: OwnedDescriptors,
  running: RunningTransfer,
): Promise<Result> {
  using given = target;
  const { imageRoot } = request;
  const placing = placementOrder(host, request, given.first);
  const { encoded } = placing;
  running.transfer.enter('starting');
  const commitOutcome = placesNothing('what was exported is not complete, the transfer can be repeated');
  return await runTransfer(host, { ...running, imageRoot, trees: [request.path], commitOutcome }, (supervisor) => {
    startPair(supervisor, {
      direction: 'out',
      placement: { order: placing, descriptors: given.numbers },
      decode: encodingPart(request, placing, given),
    });
    // The receiver sees the end when the processes have ended.
    given[Symbol.dispose]();
    running.transfer.enter('exporting');
    return follow(encoded, supervisor);
  });
}

async function follow(encoded: boolean, supervisor: Supervisor): Promise<Result | undefined> {
  const words = [supervisor.next('exported'), encoded ? supervisor.next('moved') : undefined] as const;
  const [exported, moved] = await Promise.all(words);
  if (exported === undefined || (encoded && moved === undefined)) return undefined;
  if (moved !== undefined)
    checkCounts('placement', exported.outcome.decodedBytes, 'decode', moved.outcome.decodedBytes);
  // It may have been waiting for the last byte.
  supervisor.send('placement', { type: 'endExport' });
  const { bytes, sha256, manifestDigest } = moved?.outcome ?? exported.outcome;
  return {
    path: undefined,
    pristinePath: undefined,
    bytes,
    sha256,
    verifiedBy: 'no',
    signedBy: undefined,
    fromCache: false,
    lossCount: 0,
    losses: [],
    ...(manifestDigest === undefined ? {} : { manifestDigest }),
  };
}
