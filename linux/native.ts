/** The C library, and what else is written in C. Loaded with the first call of a function: a program that makes none starts without. */
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import type { LibraryHandle } from 'koffi';
import { SystemError } from './errno.js';

/** What a C function may be given or give back here: descriptors, sizes, addresses, buffers, paths. */
type Value = number | bigint | string | Buffer | null;
export type NativeFunction<Result> = (...parameters: Value[]) => Result;

interface Native {
  readonly koffi: typeof Koffi;
  readonly libc: LibraryHandle;
}

let loaded: Native | undefined;

/** Not an import declaration: bundlers would hoist it, and every program would load the binding at its start. */
function load(): Native {
  const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
  loaded = { koffi, libc: koffi.load(null) };
  return loaded;
}

const library = (): Native => loaded ?? load();

/**
 * A function of the C library by its prototype, for example `native<number>('int dup(int fd)')`, bound when it is first called.
 * A 64-bit result arrives as a number when it is safe and as a bigint otherwise.
 */
export function native<Result extends number | bigint | string | null>(prototype: string): NativeFunction<Result> {
  let bound: NativeFunction<Result> | undefined;
  return (...parameters) => {
    bound ??= library().libc.func(prototype) as NativeFunction<Result>;
    return bound(...parameters);
  };
}

/** As `native`, for what blocks long: runs in a thread of its own and nobody waits for it, nor hears how it ended. */
export function nativeInBackground(prototype: string): (...parameters: Value[]) => void {
  let bound: ReturnType<LibraryHandle['func']> | undefined;
  return (...parameters) => {
    bound ??= library().libc.func(prototype);
    bound.async(...parameters, () => {});
  };
}

/**
 * Loads a shared library of the host (dlopen(3)), or those of node itself without a name.
 *
 * @throws Error if it is not there
 */
export function loadLibrary(soname: string | null, options: { readonly deep: boolean }): LibraryHandle {
  return library().koffi.load(soname, options);
}

/**
 * Gives back the result of a call.
 *
 * @throws SystemError from errno if it is negative
 */
export function checked(syscall: string, result: number | bigint, subject = ''): number {
  if (result < 0) throw new SystemError(syscall, lastErrno(), subject);
  return Number(result);
}

/** errno of the last call on this thread. */
export function lastErrno(): number {
  return library().koffi.errno();
}

/** The address of a buffer's first byte. The caller keeps the buffer alive while the address is in use. */
export function addressOf(buffer: Buffer): bigint {
  return library().koffi.address(buffer);
}

export interface PollEvents {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly disconnect: boolean;
}

type PollCallback = (status: number, events: PollEvents) => void;

/** A poll handle of the event loop (uv_poll_t). koffi's declaration of the callback lacks the status. */
export interface PollHandle {
  start(events: PollEvents, callback: PollCallback): void;
  stop(): void;
  close(): void;
}

export function openPoll(descriptor: number, callback: PollCallback): PollHandle {
  const none = { readable: false, writable: false, disconnect: false };
  return library().koffi.node.poll(descriptor, none, callback as never) as unknown as PollHandle;
}
