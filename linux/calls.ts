import { native } from './native.js';

/* System calls that do many things, each bound once for the wrappers of these. */

export const fcntl = native<number>('int fcntl(int descriptor, int command, int argument)');
export const ioctl = native<number>('int ioctl(int descriptor, unsigned long request, void *argument)');
export const lseek = native<number | bigint>('int64_t lseek(int descriptor, int64_t offset, int whence)');
export const poll = native<number>('int poll(void *entries, unsigned long count, int timeout)');
export const prctl = native<number>('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
