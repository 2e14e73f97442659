import { constants, openSync } from 'node:fs';
import { basename } from 'node:path';
import { suffixOf } from '../../../common/suffixes.js';
import type { OciPushOrder } from '../../processes/ipc/messages.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { type ExportRequest, runExport } from '../kinds/export.js';
import { OwnedDescriptors } from '../owned-descriptors.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { runTransfer } from '../supervisor/run-transfer.js';
import type { Result, RunningTransfer } from '../transfer.js';
import { openUnnamed } from '../unnamed-file.js';
import { pushLocationsOf } from './locations.js';
import type { OciRequest } from './request.js';

/** A push whose parameters have been checked. */
export interface PushRequest extends Pick<OciRequest, 'reference' | 'credentials' | 'netrc' | 'limitRate' | 'resume'> {
  /** What the image becomes first: the archive of a container image, or a disk. */
  readonly exported: ExportRequest;
  /** Other repositories of the registry. */
  readonly mountFrom: readonly string[];
  readonly dryRun: boolean;
}

const commitOutcome = placesNothing('push it again');

/** A file without a name: to be written, and to be read from its beginning. */
function openKept(imageRoot: string): { target: OwnedDescriptors; kept: OwnedDescriptors } {
  const target = new OwnedDescriptors([openUnnamed(imageRoot)]);
  const kept = new OwnedDescriptors([openSync(`/proc/self/fd/${target.first}`, constants.O_RDONLY)]);
  return { target, kept };
}

/** What is in the file, for the process that pushes it. */
function contentOf({ path, compression, format }: ExportRequest, { bytes, sha256, manifestDigest }: Result) {
  if (format === 'oci') return { manifestDigest };
  const suffix = compression === 'uncompressed' ? '' : suffixOf(compression);
  return { artefact: { sha256: sha256 ?? '', bytes, compression, fileName: `${basename(path)}${suffix}` } };
}

/**
 * Makes a file of an image, as an export has it, and gives a registry what it does not have of that.
 *
 * @throws Failure UploadFailed when the registry cannot be reached, or does not take it
 * @throws Failure InvalidUrl, FileSystemError when no registry is known for the reference, or the database of registries makes no sense
 * @throws as runExport()
 */
export async function runPushOci(host: Host, request: PushRequest, running: RunningTransfer): Promise<Result> {
  const { transfer } = running;
  const { exported, mountFrom, limitRate, resume, dryRun } = request;
  transfer.enter('starting');
  const { tag, places } = pushLocationsOf(host, request);
  const { target, kept: file } = openKept(exported.imageRoot);
  using kept = file;
  const made = await runExport(host, exported, target, running);
  const order: OciPushOrder = {
    type: 'pushOci',
    locations: places.map(({ access }) => access),
    tag,
    ...contentOf(exported, made),
    mountFrom: [...mountFrom],
    limitRate,
    resume,
    dryRun,
    environment: networkEnvironment(host),
  };
  const task = { ...running, imageRoot: exported.imageRoot, commitOutcome };
  transfer.advance(0, undefined);
  transfer.enter('uploading');
  const { manifestDigest, blobs } = await runTransfer(host, task, async (supervisor) => {
    supervisor.start('fetch', kept.numbers, order);
    return await supervisor.next('pushed');
  });
  const sent = blobs.filter(({ fate }) => fate === 'sent');
  const bytes = sent.reduce((sum, blob) => sum + blob.bytes, 0);
  return { ...made, bytes, sha256: undefined, manifestDigest, blobs };
}
