import { ioctl } from './calls.js';
import { BLKGETSIZE64, BLKROGET, BLKROSET } from './headers/constants.js';
import { sizes } from './headers/structs.js';
import { checked } from './native.js';

/**
 * The size of an open block device in bytes (BLKGETSIZE64).
 *
 * @throws SystemError
 */
export function blockDeviceSize(descriptor: number): number {
  const size = Buffer.alloc(sizes.size_t);
  checked('ioctl BLKGETSIZE64', ioctl(descriptor, BLKGETSIZE64, size));
  return Number(size.readBigUInt64LE(0));
}

/**
 * Whether an open block device refuses to be written to (BLKROGET).
 *
 * @throws SystemError
 */
export function isBlockDeviceReadOnly(descriptor: number): boolean {
  const flag = Buffer.alloc(sizes.int);
  checked('ioctl BLKROGET', ioctl(descriptor, BLKROGET, flag));
  return flag.readInt32LE(0) !== 0;
}

/**
 * Makes an open block device refuse to be written to, or not (BLKROSET).
 *
 * @throws SystemError
 */
export function setBlockDeviceReadOnly(descriptor: number, readOnly: boolean): void {
  const flag = Buffer.alloc(sizes.int);
  flag.writeInt32LE(readOnly ? 1 : 0, 0);
  checked('ioctl BLKROSET', ioctl(descriptor, BLKROSET, flag));
}
