import { ioctl } from './calls.js';
import { checked } from './native.js';

/** linux/fs.h: _IO(0x12, 93), _IO(0x12, 94), _IOR(0x12, 114, size_t). */
const BLKROSET = 0x125d;
const BLKROGET = 0x125e;
const BLKGETSIZE64 = 0x80081272;

/**
 * The size of an open block device in bytes (BLKGETSIZE64).
 *
 * @throws SystemError
 */
export function blockDeviceSize(descriptor: number): number {
  const size = Buffer.alloc(8);
  checked('ioctl BLKGETSIZE64', ioctl(descriptor, BLKGETSIZE64, size));
  return Number(size.readBigUInt64LE(0));
}

/**
 * Whether an open block device refuses to be written to (BLKROGET).
 *
 * @throws SystemError
 */
export function isBlockDeviceReadOnly(descriptor: number): boolean {
  const flag = Buffer.alloc(4);
  checked('ioctl BLKROGET', ioctl(descriptor, BLKROGET, flag));
  return flag.readInt32LE(0) !== 0;
}

/**
 * Makes an open block device refuse to be written to, or not (BLKROSET).
 *
 * @throws SystemError
 */
export function setBlockDeviceReadOnly(descriptor: number, readOnly: boolean): void {
  const flag = Buffer.alloc(4);
  flag.writeInt32LE(readOnly ? 1 : 0, 0);
  checked('ioctl BLKROSET', ioctl(descriptor, BLKROSET, flag));
}
