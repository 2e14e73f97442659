import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { searchPaths } from '../../../common/image-classes.js';
import type { ImageFindings, ShownImage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { hasCode } from '../../../linux/errno.js';
import { isForeign } from '../../../linux/owners/foreign-owners.js';
import { failOn, fileSystemFailure } from '../install/file-system-failure.js';
import { belongingsOf } from '../layout/belongings.js';
import type { ImageHost } from '../layout/host.js';
import { noSuchImage } from '../manage/images.js';
import type { CountHelper } from './count-helper.js';
import { noOrigin, originOf } from './origin.js';
import { noRelease, readRelease } from './release.js';
import { sizeOf } from './size.js';
import { readStackRelease } from './stack-release.js';
import { stateOf } from './state.js';
import { ancestryOf, noAncestry } from './subvolume.js';
import type { OnCount } from './tree-usage.js';

export interface LookOptions {
  host: ImageHost;
  /** Whether sizes are counted that are known. */
  recount: boolean;
  /** Of the records of where images came from. */
  provenanceKey: Buffer | undefined;
  /** Microseconds since 1970. */
  now: number;
  onCount: OnCount;
  /** The thread that counts a part of large trees. */
  helper?: CountHelper;
}

/** @throws Failure NoSuchImage */
function open({ path, name, class: imageClass, root }: ShownImage): { descriptor?: number; problem: string } {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return { descriptor: openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), problem: '' };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw noSuchImage(name, imageClass, root);
    const failure = fileSystemFailure(error, path);
    if (failure === undefined) throw error;
    return { problem: `Cannot open it: ${failure.message}` };
  }
}

function releaseOf(descriptor: number, { class: imageClass, name, type }: ShownImage) {
  if (type === 'directory' || type === 'subvolume') return readRelease(descriptor, imageClass, name);
  if (type === 'mstack') return readStackRelease(descriptor, imageClass, name);
  return noRelease('The image is a disk; --inspect-disk reads it');
}

type SizeFindings = Pick<ImageFindings, 'size' | 'sizeState' | 'sizeProblem' | 'unreadable'>;

function noSize(sizeProblem: string): SizeFindings {
  return { size: undefined, sizeState: 'counted', sizeProblem, unreadable: 0 };
}

/** A tree that cannot be counted is shown without its size. */
function sizeFindings(descriptor: number, image: ShownImage, options: LookOptions): SizeFindings {
  if (image.path === '/' && !options.recount) return noSize('The host itself is counted with --recount only');
  try {
    const { size, state, unreadable } = sizeOf(descriptor, { ...options, known: image.known });
    return { size, sizeState: state, sizeProblem: undefined, unreadable };
  } catch (error) {
    const failure = fileSystemFailure(error, image.path);
    if (failure === undefined) throw error;
    return noSize(`Cannot count it: ${failure.message}`);
  }
}

/** Whom an open tree belongs to. */
function ownersOf(descriptor: number): ImageFindings['owners'] {
  const status = fstatSync(descriptor);
  if (!status.isDirectory()) return undefined;
  return isForeign(status.uid) ? 'foreign' : 'host';
}

function sidecarsOf({ class: imageClass, name, path, root }: ShownImage, host: ImageHost): string[] {
  const found = belongingsOf(name, dirname(path), imageClass, host, root !== undefined);
  return found.map(({ directory, suffix }) => join(directory, name + suffix));
}

/** @param descriptor undefined for what cannot be opened, for a reason that is `problem` */
function findingsOf(
  descriptor: number | undefined,
  image: ShownImage,
  options: LookOptions,
  problem: string,
): ImageFindings {
  const { host } = options;
  const directories = image.root === undefined ? searchPaths(image.class, host.scope, host.environment) : [];
  const inside =
    descriptor === undefined
      ? { owners: undefined, ...noSize(problem), ...noAncestry, ...noRelease(problem), ...noOrigin }
      : {
          owners: ownersOf(descriptor),
          ...originOf(descriptor, image, options.provenanceKey),
          // What reading and following links has changed in a subvolume is not taken for a later change.
          ...releaseOf(descriptor, image),
          ...sizeFindings(descriptor, image, options),
          ...ancestryOf(descriptor, image.path, directories),
        };
  return { ...inside, sidecars: sidecarsOf(image, host), ...stateOf(image, host) };
}

/**
 * Finds out about an image what takes time, or meets what strangers wrote. Of one that cannot be opened that is little.
 *
 * @throws Failure NoSuchImage when it is gone by now, FileSystemError when nobody can tell what uses it
 */
export function lookAtImage(image: ShownImage, options: LookOptions): ImageFindings {
  return failOn(image.path, () => {
    const { descriptor, problem } = open(image);
    try {
      return findingsOf(descriptor, image, options, problem);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  });
}
