import { Failure } from '../../failure.js';
import { FileSystemMagic, fileSystemSpace } from '../../system/space.js';

/** btrfs, ZFS and bcachefs may compress what they are given: there data may need less room than it has bytes. */
const compressing: readonly number[] = [FileSystemMagic.btrfs, 0x2fc12fc1, 0xca451a4e];

/** The InsufficientSpace to throw when that many bytes of data cannot have room where `target` is; null when they can. */
export function roomLack(needed: number, target: number, subject: string): Failure | null {
  const { magic, freeBytes } = fileSystemSpace(target);
  if (needed <= freeBytes || compressing.includes(magic)) return null;
  const message = `${subject} has ${needed} bytes of data, and there is room for ${freeBytes}: make room and try again`;
  return new Failure('InsufficientSpace', message, { needed, available: freeBytes });
}
