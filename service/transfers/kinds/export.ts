import { fstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Compression } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { accessMode, currentOffset } from '../../../linux/descriptors.js';
import type { ExportEncodeOrder, ExportPlacementOrder, ImageClass, ImageFormat } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { closeAll } from '../supervisor/descriptors.js';
import { checkCounts, withCrew } from '../supervisor/supervisor.js';
import type { Workers } from '../supervisor/workers.js';
import type { Result, Transfer } from '../transfer.js';

/** An export whose parameters have been checked. */
export interface ExportRequest {
  format: ImageFormat;
  class: ImageClass;
  name: string;
  /** Where the image is. */
  path: string;
  /** The directory it is in: a snapshot of it may be made beside it. */
  imageRoot: string;
  compression: Compression;
  /** Whether the receiver will compare what it got with the digest. */
  digest: boolean;
}

/** Whether a descriptor is an empty file that is written from its beginning. */
function isEmptyFile(descriptor: number): boolean {
  const status = fstatSync(descriptor);
  return status.isFile() && status.size === 0 && currentOffset(descriptor) === 0 && !accessMode(descriptor).append;
}

/** Exports an image into a descriptor, which becomes the transfer's own. Rejects with a Failure. */
export async function runExport(
  host: Host,
  request: ExportRequest,
  descriptor: number,
  transfer: Transfer,
  signal: AbortSignal,
): Promise<Result> {
  const { format, path, compression, digest } = request;
  const encoded = compression !== 'uncompressed';
  const wholeFile = isEmptyFile(descriptor);
  const placing: ExportPlacementOrder = {
    kind: 'export',
    format,
    name: request.name,
    scope: host.scope,
    path,
    encoded,
    digest,
    wholeFile,
  };
  const order: ExportEncodeOrder = { kind: 'export', threads: availableParallelism(), compression, digest };
  let open = true;
  try {
    transfer.enter('starting');
    return await withCrew(
      host,
      request.imageRoot,
      placesNothing('what was exported is not complete, the transfer can be repeated'),
      transfer,
      signal,
      (crew) => {
        crew.start({
          direction: 'out',
          placement: { order: placing, descriptors: [descriptor] },
          decode: encoded ? { order, descriptors: [descriptor] } : null,
        });
        closeAll([descriptor]);
        open = false;
        transfer.enter('exporting');
        return conduct(encoded, crew.workers);
      },
    );
  } finally {
    if (open) closeAll([descriptor]);
  }
}

async function conduct(encoded: boolean, workers: Workers): Promise<Result | null> {
  const [exported, moved] = await Promise.all([workers.next('exported'), encoded ? workers.next('moved') : null]);
  if (exported === null || (encoded && moved === null)) return null;
  if (moved !== null) checkCounts('placement', exported.outcome.decodedBytes, 'decode', moved.outcome.decodedBytes);
  // It may have been waiting for the last byte.
  workers.send('placement', {});
  const { bytes, sha256 } = moved?.outcome ?? exported.outcome;
  return {
    path: null,
    pristinePath: null,
    bytes,
    sha256,
    verifiedBy: 'no',
    signedBy: null,
    fromCache: false,
    lossCount: 0,
  };
}
