/** The C library's socket calls that node has no door to. Everything else in this folder is built on these. */
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import type Koffi from 'koffi';

// Not an import declaration: bundlers would hoist it, and every program would load the binding at its start.
const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');

type Argument = number | bigint | Buffer | null;
type NativeFunction = (...parameters: Argument[]) => number;
const libc = koffi.load(null);
const bind = (prototype: string): NativeFunction => libc.func(prototype) as NativeFunction;

export const native = {
  socket: bind('int socket(int domain, int type, int protocol)'),
  socketpair: bind('int socketpair(int domain, int type, int protocol, int *descriptors)'),
  bind: bind('int bind(int descriptor, const void *address, unsigned int size)'),
  connect: bind('int connect(int descriptor, const void *address, unsigned int size)'),
  listen: bind('int listen(int descriptor, int backlog)'),
  accept4: bind('int accept4(int descriptor, void *address, void *size, int flags)'),
  getsockopt: bind('int getsockopt(int descriptor, int level, int name, void *value, void *size)'),
  recv: bind('int64_t recv(int descriptor, void *buffer, size_t size, int flags)'),
  send: bind('int64_t send(int descriptor, const void *buffer, size_t size, int flags)'),
  recvmsg: bind('int64_t recvmsg(int descriptor, void *message, int flags)'),
  sendmsg: bind('int64_t sendmsg(int descriptor, const void *message, int flags)'),
  fcntl: bind('int fcntl(int descriptor, int command, int argument)'),
  poll: bind('int poll(void *descriptors, unsigned long count, int timeout)'),
};

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** The name of the errno of the last call, such as EAGAIN. */
export function errorName(): string {
  return getSystemErrorName(-koffi.errno());
}

/** A socket call that failed. `code` is the name of the errno, as on node's own errors. */
export class SocketError extends Error {
  readonly code: string;

  constructor(call: string, code: string, subject = '') {
    super(`${call}${subject && ` ${subject}`}: ${code}`);
    this.name = 'SocketError';
    this.code = code;
  }
}

/** Gives back the result of a call, or throws a SocketError when it is negative. */
export function checked(call: string, result: number, subject = ''): number {
  if (result < 0) throw new SocketError(call, errorName(), subject);
  return result;
}

/** The address of a buffer's first byte. The caller keeps the buffer while the address is in use. */
export const addressOf = (buffer: Buffer): bigint => koffi.address(buffer);

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
  return koffi.node.poll(descriptor, none, callback as never) as unknown as PollHandle;
}
