/** Typed wrappers of the socket calls: one each, nothing else. */
import { closeSync, constants } from 'node:fs';
import { fcntl, poll } from './calls.js';
import { errnoNameOf, SystemError } from './errno.js';
import {
  AF_UNIX,
  F_DUPFD_CLOEXEC,
  F_GETFL,
  F_SETFL,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  POLLERR,
  POLLHUP,
  SCM_RIGHTS,
  SO_ACCEPTCONN,
  SO_PEERCRED,
  SO_PEERPIDFD,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  socketPathMax,
} from './headers/constants.js';
import { cmsghdr, iovec, msghdr, pollfd, sizes, sockaddr_un, ucred } from './headers/structs.js';
import { addressOf, checked, lastErrno, native } from './native.js';

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

/** Descriptors that one message can carry: the kernel's SCM_MAX_FD. */
export const messageDescriptorsMax = 253;

/** Who is at the other end of a connection, as of when it was made (unix(7), SO_PEERCRED). */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export function peerCredentials(descriptor: number): PeerCredentials {
  const value = Buffer.alloc(ucred.sizeof);
  checked('getsockopt', getOption(descriptor, SO_PEERCRED, value), 'SO_PEERCRED');
  return { pid: value.readInt32LE(ucred.pid), uid: value.readUInt32LE(ucred.uid), gid: value.readUInt32LE(ucred.gid) };
}

/** A new descriptor of the process at the other end, which the caller closes; undefined if the kernel gives none. */
export function openPeerProcess(descriptor: number): number | undefined {
  const value = Buffer.alloc(sizes.int);
  return getOption(descriptor, SO_PEERPIDFD, value) < 0 ? undefined : value.readInt32LE(0);
}

/**
 * Whether connections can be accepted from a socket (SO_ACCEPTCONN).
 *
 * @throws SystemError ENOTSOCK if the descriptor is not one
 */
export function isListening(descriptor: number): boolean {
  const value = Buffer.alloc(sizes.int);
  checked('getsockopt', getOption(descriptor, SO_ACCEPTCONN, value), 'SO_ACCEPTCONN');
  return value.readInt32LE(0) !== 0;
}

function getOption(descriptor: number, name: number, value: Buffer): number {
  const size = Buffer.alloc(sizes.int);
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
  const pair = Buffer.alloc(2 * sizes.int);
  checked('socketpair', functions.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
  return [pair.readInt32LE(0), pair.readInt32LE(sizes.int)];
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
  const { sun_family, sun_path } = sockaddr_un;
  const address = Buffer.alloc(sun_path + name.length + (path.startsWith('\0') ? 0 : 1));
  address.writeUInt16LE(AF_UNIX, sun_family);
  name.copy(address, sun_path);
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
  const request = Buffer.alloc(pollfd.sizeof);
  request.writeInt32LE(descriptor, pollfd.fd);
  return poll(request, 1, 0) > 0 && (request.readInt16LE(pollfd.revents) & (POLLERR | POLLHUP)) !== 0;
}

/** Looks at what can be received and leaves it there. Gives the bytes, 0 at the end, or the name of the errno. */
export function peek(descriptor: number, buffer: Buffer, size: number): number | string {
  const count = functions.recv(descriptor, buffer, size, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 ? errnoNameOf(lastErrno()) : count;
}

/** CMSG_ALIGN of cmsg(3). */
function aligned(size: number): number {
  return Math.ceil(size / sizes.size_t) * sizes.size_t;
}

/** struct msghdr with one struct iovec and room for descriptors (recvmsg(2), 64 bits, little endian). */
class MessageHeader {
  readonly control = Buffer.alloc(aligned(cmsghdr.sizeof + messageDescriptorsMax * sizes.int));
  readonly header = Buffer.alloc(msghdr.sizeof);
  readonly #vector = Buffer.alloc(iovec.sizeof);

  prepare(bytes: Buffer, size: number, controlSize: number): Buffer {
    this.#vector.writeBigUInt64LE(addressOf(bytes), iovec.iov_base);
    this.#vector.writeBigUInt64LE(BigInt(size), iovec.iov_len);
    this.header.fill(0);
    this.header.writeBigUInt64LE(addressOf(this.#vector), msghdr.msg_iov);
    this.header.writeBigUInt64LE(1n, msghdr.msg_iovlen);
    this.header.writeBigUInt64LE(controlSize ? addressOf(this.control) : 0n, msghdr.msg_control);
    this.header.writeBigUInt64LE(BigInt(controlSize), msghdr.msg_controllen);
    return this.header;
  }

  get controlSize(): number {
    return Number(this.header.readBigUInt64LE(msghdr.msg_controllen));
  }

  get flags(): number {
    return this.header.readInt32LE(msghdr.msg_flags);
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
  while (offset + cmsghdr.sizeof <= end) {
    const size = Number(control.readBigUInt64LE(offset + cmsghdr.cmsg_len));
    if (size < cmsghdr.sizeof) break;
    const level = control.readInt32LE(offset + cmsghdr.cmsg_level);
    if (level === SOL_SOCKET && control.readInt32LE(offset + cmsghdr.cmsg_type) === SCM_RIGHTS)
      for (let at = offset + cmsghdr.sizeof; at + sizes.int <= offset + size; at += sizes.int)
        descriptors.push(control.readInt32LE(at));
    offset += aligned(size);
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
  const size = cmsghdr.sizeof + sizes.int * descriptors.length;
  const { control } = shared;
  control.writeBigUInt64LE(BigInt(size), cmsghdr.cmsg_len);
  control.writeInt32LE(SOL_SOCKET, cmsghdr.cmsg_level);
  control.writeInt32LE(SCM_RIGHTS, cmsghdr.cmsg_type);
  for (const [index, descriptor] of descriptors.entries())
    control.writeInt32LE(descriptor, cmsghdr.sizeof + sizes.int * index);
  return shared.prepare(bytes, bytes.length, aligned(size));
}
