import { Failure } from '../../../common/failure.js';
import { FileSystemMagic, fileSystemSpace } from '../../../linux/space.js';

/** btrfs, ZFS and bcachefs may compress what they are given: there data may need less room than it has bytes. */
const compressing: readonly number[] = [FileSystemMagic.btrfs, FileSystemMagic.zfs, FileSystemMagic.bcachefs];

/** Room that there is not, in bytes. */
export interface RoomLack {
  readonly needed: number;
  readonly available: number;
}

/** How much room is lacking for that many bytes of data where `target` is; undefined when there may be enough. */
export function roomLack(needed: number, target: number): RoomLack | undefined {
  const { magic, freeBytes } = fileSystemSpace(target);
  if (needed <= freeBytes || compressing.includes(magic)) return undefined;
  return { needed, available: freeBytes };
}

export function noRoom(subject: string, { needed, available }: RoomLack): Failure {
  const message = `${subject} has ${needed} bytes of data, and there is room for ${available}: make room and try again`;
  return new Failure('InsufficientSpace', message, { needed, available });
}
