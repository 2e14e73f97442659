import { closeSync, constants, openSync } from 'node:fs';
import { Failure, type FailureName } from '../../../common/failure.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { type OpenPartial, openPartial, type PartialRecord, partialName } from '../../images/pristine/partial.js';
import { firstPullFileDescriptor } from '../../processes/ipc/channel.js';
import type { PartialSource } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { OwnedDescriptors } from '../owned-descriptors.js';
import type { Transfer } from '../transfer.js';
import { cleanRoot } from './leftovers.js';
import type { PullRequest } from './pull-request.js';

/** Failures after which the same pull may well go on: what broke was on the way, not in the image or in the wish. */
const passing: readonly FailureName[] = ['DownloadFailed', 'ServiceStopping', 'WorkerFailed'];

/**
 * Whether the beginning of a download is kept when it is interrupted. Only a disk image is on the disk as it came: from a
 * tree nobody can tell which bytes of its archive have been unpacked. Whether it is compressed shows only when it comes.
 */
export function isResumable({ download, image }: PullRequest): boolean {
  return download.resume && image.format === 'raw' && !download.url.startsWith('file:');
}

function open(request: PullRequest): OpenPartial | undefined {
  const { remote, image } = request;
  const { imageRoot } = image;
  return isResumable(request) ? failOn(imageRoot, () => openPartial(imageRoot, remote)) : undefined;
}

/** Opens a file in an image directory for reading only. */
function openAgain(descriptor: number, imageRoot: string): number {
  return failOn(imageRoot, () => openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY));
}

/** What an earlier pull has left, on its way to the processes of this one; disposal closes the daemon's own descriptors. */
export class LentPartial implements Disposable {
  readonly record: PartialRecord | undefined;
  /** Open for reading and writing: the lock goes with it, and ends with the process. */
  readonly forPlacement = new OwnedDescriptors();
  /** Open for reading only. */
  readonly forFetch = new OwnedDescriptors();

  /** @throws Failure FileSystemError */
  constructor(request: PullRequest) {
    const partial = open(request);
    this.record = partial?.record;
    if (partial === undefined) return;
    this.forPlacement.add(partial.descriptor);
    try {
      this.forFetch.add(openAgain(partial.descriptor, request.image.imageRoot));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** As the fetch process has it. */
  get source(): PartialSource | undefined {
    if (this.record === undefined) return undefined;
    const { offset, validator, total } = this.record;
    return { descriptor: firstPullFileDescriptor, offset, validator, total };
  }

  [Symbol.dispose](): void {
    this.forPlacement[Symbol.dispose]();
    this.forFetch[Symbol.dispose]();
  }
}

/** After a failed pull: removes what is of no use any more, or says that the next one will go on there. */
export async function settlePartial(
  host: Host,
  request: PullRequest,
  transfer: Transfer,
  error: unknown,
): Promise<void> {
  const left = open(request);
  if (left === undefined) return;
  closeSync(left.descriptor);
  const name = partialName(request.remote);
  if (!(error instanceof Failure) || !passing.includes(error.kind))
    return cleanRoot(host, request.image.imageRoot, name);
  const of = left.record.total === undefined ? '' : ` of ${left.record.total}`;
  transfer.say(
    5,
    `${left.record.offset}${of} bytes of the download are kept: the same pull goes on there, 'ferryctl clean' removes them`,
  );
}
