/** Typed wrappers of the socket calls: one each, nothing else. */
import { closeSync, constants } from 'node:fs';
import { F_GETFL, fcntl, poll } from './calls.js';
import { socketPathMax } from './constants.js';
import { errnoNameOf, SystemError } from './errno.js';
import { addressOf, checked, lastErrno, native } from './native.js';
import { POLLERR, POLLHUP } from './poll.js';

const { O_NONBLOCK } = constants;

const functions = {
  socket: native<number>('int socket(int domain, int type, int protocol)'),
  socketpair: native<number>('int socketpair(int domain, int type, int protocol, int *descriptors)'),
  bind: native<number>('int bind(int descriptor, const void *address, unsigned int size)'),
  connect: native<number>('int connect(int descriptor, const void *address, unsigned int size)'),
  listen: native<number>('int listen(int descriptor, int backlog)'),
  accept4: native<number>('int accept4(int descriptor, void *address, void *size, int flags)'),
  getsockopt: native<number>('int getsockopt(int descriptor, int level, int name, void *value, void *size)'),
  recv: native<number>('int64_t recv(int descriptor, void *buffer, size_t size, int flags)'),
  send: native<number>('int64_t send(int descriptor, const void *buffer, size_t size, int flags)'),
  sendto: native<number>(
    'int64_t sendto(int descriptor, const void *data, size_t size, int flags, const void *address, unsigned int length)',
  ),
  recvmsg: native<number>('int64_t recvmsg(int descriptor, void *message, int flags)'),
  sendmsg: native<number>('int64_t sendmsg(int descriptor, const void *message, int flags)'),
};

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** Descriptors that one message can carry: the kernel's SCM_MAX_FD. */
export const messageDescriptorsMax = 253;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
/** Linux 6.5 */
const SO_PEERPIDFD = 77;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const MSG_PEEK = 0x2;
const MSG_CTRUNC = 0x8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** struct cmsghdr: the length in 8 bytes, level and type in 4 each. */
const controlHeaderSize = 16;

/** Who is at the other end of a connection, as of when it was made (unix(7), SO_PEERCRED). */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export function peerCredentials(descriptor: number): PeerCredentials {
  const value = Buffer.alloc(12);
  checked('getsockopt', getOption(descriptor, SO_PEERCRED, value), 'SO_PEERCRED');
  return { pid: value.readInt32LE(0), uid: value.readUInt32LE(4), gid: value.readUInt32LE(8) };
}

/** A new descriptor of the process at the other end, which the caller closes; undefined if the kernel gives none. */
export function openPeerProcess(descriptor: number): number | undefined {
  const value = Buffer.alloc(4);
  return getOption(descriptor, SO_PEERPIDFD, value) < 0 ? undefined : value.readInt32LE(0);
}

/**
 * Whether connections can be accepted from a socket (SO_ACCEPTCONN).
 *
 * @throws SystemError ENOTSOCK if the descriptor is not one
 */
export function isListening(descriptor: number): boolean {
  const value = Buffer.alloc(4);
  checked('getsockopt', getOption(descriptor, SO_ACCEPTCONN, value), 'SO_ACCEPTCONN');
  return value.readInt32LE(0) !== 0;
}

function getOption(descriptor: number, name: number, value: Buffer): number {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(value.length);
  return functions.getsockopt(descriptor, SOL_SOCKET, name, value, size);
}

/** A copy that is closed on exec. */
export function duplicate(descriptor: number): number {
  return checked('fcntl', fcntl(descriptor, F_DUPFD_CLOEXEC, 3), 'F_DUPFD_CLOEXEC');
}

export function setBlocking(descriptor: number, isBlocking: boolean): void {
  const flags = checked('fcntl', fcntl(descriptor, F_GETFL, 0), 'F_GETFL');
  const wanted = isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted !== flags) checked('fcntl', fcntl(descriptor, F_SETFL, wanted), 'F_SETFL');
}

/** Two connected sockets that do not block. */
export function openSocketPair(): [number, number] {
  const pair = Buffer.alloc(8);
  checked('socketpair', functions.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

export function openSocket(): number {
  return checked('socket', functions.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/** Gives a socket its name. A path that begins with NUL is in the abstract namespace. */
export function bindSocket(descriptor: number, path: string): void {
  const address = socketAddress(path);
  checked('bind', functions.bind(descriptor, address, address.length), path);
}

/**
 * A socket that is connected to the one of this name. It does not wait.
 *
 * @throws SystemError EAGAIN when the other's queue is full, ENOENT or ECONNREFUSED if nobody listens there
 */
export function openConnection(path: string): number {
  const address = socketAddress(path);
  const descriptor = openSocket();
  const result = functions.connect(descriptor, address, address.length);
  if (result >= 0) return descriptor;
  const failure = new SystemError('connect', lastErrno(), path);
  closeSync(descriptor);
  throw failure;
}

/** struct sockaddr_un of unix(7). */
function socketAddress(path: string): Buffer {
  const name = Buffer.from(path, 'utf8');
  if (name.length > socketPathMax) throw SystemError.named('sockaddr_un', 'ENAMETOOLONG', path);
  const address = Buffer.alloc(2 + name.length + (path.startsWith('\0') ? 0 : 1));
  address.writeUInt16LE(AF_UNIX);
  name.copy(address, 2);
  return address;
}

/**
 * Sends one datagram to the UNIX socket of a path, waiting while its queue is full. A path that begins with NUL is in the abstract
 * namespace.
 *
 * @throws SystemError ENOENT or ECONNREFUSED if nobody listens there
 */
export function sendDatagram(path: string, data: Buffer): void {
  const address = socketAddress(path);
  const descriptor = checked('socket', functions.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const result = functions.sendto(descriptor, data, data.length, MSG_NOSIGNAL, address, address.length);
    checked('sendto', result, path);
  } finally {
    closeSync(descriptor);
  }
}

export function listenOnSocket(descriptor: number, backlog: number): void {
  checked('listen', functions.listen(descriptor, backlog));
}

/** A connection from the queue of a listening socket, or the name of the errno. */
export function acceptConnection(descriptor: number): number | string {
  const connection = functions.accept4(descriptor, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return connection < 0 ? errnoNameOf(lastErrno()) : connection;
}

/** Whether a connection is closed in both directions, or broken (POLLHUP and POLLERR of poll(2)). */
export function isHungUp(descriptor: number): boolean {
  const request = Buffer.alloc(8);
  request.writeInt32LE(descriptor);
  return poll(request, 1, 0) > 0 && (request.readInt16LE(6) & (POLLERR | POLLHUP)) !== 0;
}

/** Looks at what can be received and leaves it there. Gives the bytes, 0 at the end, or the name of the errno. */
export function peek(descriptor: number, buffer: Buffer, size: number): number | string {
  const count = functions.recv(descriptor, buffer, size, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 ? errnoNameOf(lastErrno()) : count;
}

/** struct msghdr with one struct iovec and room for descriptors (recvmsg(2), 64 bits, little endian). */
class MessageHeader {
  readonly control = Buffer.alloc(controlHeaderSize + Math.ceil(messageDescriptorsMax / 2) * 8);
  readonly header = Buffer.alloc(56);
  readonly #vector = Buffer.alloc(16);

  prepare(bytes: Buffer, size: number, controlSize: number): Buffer {
    this.#vector.writeBigUInt64LE(addressOf(bytes), 0);
    this.#vector.writeBigUInt64LE(BigInt(size), 8);
    this.header.fill(0);
    this.header.writeBigUInt64LE(addressOf(this.#vector), 16);
    this.header.writeBigUInt64LE(1n, 24);
    this.header.writeBigUInt64LE(controlSize ? addressOf(this.control) : 0n, 32);
    this.header.writeBigUInt64LE(BigInt(controlSize), 40);
    return this.header;
  }

  get controlSize(): number {
    return Number(this.header.readBigUInt64LE(40));
  }

  get flags(): number {
    return this.header.readInt32LE(48);
  }
}

/** Used by one call at a time: nothing here waits. */
const shared = new MessageHeader();

export interface Received {
  readonly count: number;
  readonly descriptors: readonly number[];
  /** There were more descriptors than fit: those beyond are lost. */
  readonly isTruncated: boolean;
}

/** Receives bytes and the descriptors that come with them, or gives the name of the errno. */
export function receive(descriptor: number, buffer: Buffer, size: number): Received | string {
  const header = shared.prepare(buffer, size, shared.control.length);
  const count = functions.recvmsg(descriptor, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) return errnoNameOf(lastErrno());
  const descriptors = shared.controlSize ? controlDescriptors(shared.control, shared.controlSize) : [];
  return { count, descriptors, isTruncated: (shared.flags & MSG_CTRUNC) !== 0 };
}

function controlDescriptors(control: Buffer, end: number): number[] {
  const descriptors: number[] = [];
  let offset = 0;
  while (offset + controlHeaderSize <= end) {
    const size = Number(control.readBigUInt64LE(offset));
    if (size < controlHeaderSize) break;
    if (control.readInt32LE(offset + 8) === SOL_SOCKET && control.readInt32LE(offset + 12) === SCM_RIGHTS)
      for (let at = offset + controlHeaderSize; at + 4 <= offset + size; at += 4)
        descriptors.push(control.readInt32LE(at));
    offset += Math.ceil(size / 8) * 8;
  }
  return descriptors;
}

/** Sends bytes, with descriptors if there are any. Gives how many went, or the name of the errno. */
export function transmit(descriptor: number, bytes: Buffer, descriptors: readonly number[]): number | string {
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const count =
    descriptors.length === 0
      ? functions.send(descriptor, bytes, bytes.length, flags)
      : functions.sendmsg(descriptor, prepareDescriptors(bytes, descriptors), flags);
  return count < 0 ? errnoNameOf(lastErrno()) : count;
}

function prepareDescriptors(bytes: Buffer, descriptors: readonly number[]): Buffer {
  const size = controlHeaderSize + 4 * descriptors.length;
  const { control } = shared;
  control.writeBigUInt64LE(BigInt(size), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  for (const [index, descriptor] of descriptors.entries())
    control.writeInt32LE(descriptor, controlHeaderSize + 4 * index);
  return shared.prepare(bytes, bytes.length, Math.ceil(size / 8) * 8);
}
