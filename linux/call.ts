import { constants as osConstants } from 'node:os';
import koffi from 'koffi';

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

const names = new Map<number, string>(Object.entries(osConstants.errno).map(([name, code]) => [code, name]));

/** A system call that failed. `code` is the symbolic errno (`ENOENT`), as on node's own errors. */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject: string) {
    const code = names.get(errno) ?? `errno ${errno}`;
    super(`${syscall}${subject ? ` ${subject}` : ''}: ${code}`);
    this.name = 'SystemError';
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }
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

/** The errno of an error, from node or from here, by name; null when it has none. Of some, as EDQUOT, node knows only the number. */
export function errnoName(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) return error.code;
  return 'errno' in error && typeof error.errno === 'number' ? (names.get(Math.abs(error.errno)) ?? null) : null;
}

/** Whether an error, from node or from here, carries one of these errno names. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const name = errnoName(error);
  return name !== null && codes.includes(name);
}
