import koffi from 'koffi';
import { SystemError } from './errno.js';

/** What a C function may be given or give back here: descriptors, sizes, addresses, buffers, paths. */
export type Value = number | bigint | string | Buffer | null;
export type NativeFunction<Result> = (...parameters: Value[]) => Result;

const libc = koffi.load(null);

/**
 * Binds a function of the C library by its prototype, for example `native<number>('int dup(int fd)')`.
 * A 64-bit result arrives as a number when it is safe and as a bigint otherwise.
 */
export function native<Result extends number | bigint | string | null>(prototype: string): NativeFunction<Result> {
  return libc.func(prototype);
}

/** As `native`, for what blocks long: runs in a thread of its own and nobody waits for it, nor hears how it ended. */
export function nativeInBackground(prototype: string): (...parameters: Value[]) => void {
  const called = libc.func(prototype);
  return (...parameters) => called.async(...parameters, () => {});
}

/** Gives back the result of a call, or throws a SystemError from errno when it is negative. */
export function checked(syscall: string, result: number | bigint, subject = ''): number {
  if (result < 0) throw new SystemError(syscall, koffi.errno(), subject);
  return Number(result);
}

/** errno of the last call on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

/** The address of a buffer's first byte. The caller keeps the buffer alive while the address is in use. */
export function addressOf(buffer: Buffer): bigint {
  return koffi.address(buffer);
}
