import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { hasCode } from '../../linux/errno.js';
import { O_PATH, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../../linux/files.js';
import { isRunning, openProcess } from '../../linux/process.js';
import { reasonOf, UserError } from '../cli/failure.js';
import { notFound, unreachable } from './faults.js';
import { findLeader, type Leader } from './leader.js';

/** A user of a container, by numbers. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where a container's files are, held so that it cannot become another's. */
export class Container implements Disposable {
  readonly #name: string;
  readonly #root: number;
  /** Descriptor of its user namespace; undefined if that is ours. */
  readonly userNamespace: number | undefined;

  private constructor(name: string, root: number, userNamespace: number | undefined) {
    this.#name = name;
    this.#root = root;
    this.userNamespace = userNamespace;
  }

  /**
   * Opens what belongs to the leader of a container. Its number could become another process's meanwhile: a descriptor
   * of the process tells whether it was the same all the time.
   *
   * @throws UserError if there is no such container, it ends, or the caller has no right to enter it
   */
  static async open(name: string, runtimeDirectory: string): Promise<Container> {
    const leader = await findLeader(name, runtimeDirectory);
    const pinned = pin(name, leader);
    try {
      // Named again after it was pinned, it is the leader and no later bearer of its number.
      const again = await findLeader(name, runtimeDirectory);
      if (again.pid !== leader.pid) throw ended(name);
      const root = openSync(`/proc/${leader.pid}/root`, O_PATH | constants.O_DIRECTORY);
      const container = new Container(name, root, openUserNamespace(leader.pid));
      if (isRunning(pinned)) return container;
      container[Symbol.dispose]();
      throw ended(name);
    } catch (error) {
      throw explain(name, error);
    } finally {
      closeSync(pinned);
    }
  }

  /** This host itself. */
  static openHost(): Container {
    return new Container('.host', openSync('/', O_PATH | constants.O_DIRECTORY), undefined);
  }

  /**
   * Opens a socket in the container, to be connected to through /proc/self/fd. What its symbolic links mean is decided
   * as inside it: they cannot lead to a socket of the host.
   *
   * @throws UserError if there is none
   */
  openSocket(path: string): number {
    let socket: number;
    try {
      socket = openInside(this.#root, path, O_PATH);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw this.#noService(path, 'it is missing');
      throw unreachable(`Cannot open the socket '${path}' in ${this.#shown}: ${reasonOf(error)}.`);
    }
    if (fstatSync(socket).isSocket()) return socket;
    closeSync(socket);
    throw this.#noService(path, 'it is not a socket');
  }

  /** @throws UserError if the container has no such user in its /etc/passwd */
  findUser(name: string): ContainerUser {
    const line = this.#read('etc/passwd')
      .split('\n')
      .map((text) => text.split(':'))
      .find(([user]) => user === name);
    const [uid, gid] = [Number(line?.[2]), Number(line?.[3])];
    if (line !== undefined && Number.isSafeInteger(uid) && Number.isSafeInteger(gid)) return { uid, gid };
    throw notFound(`Cannot find user '${name}' in ${this.#shown}.`, { name });
  }

  [Symbol.dispose](): void {
    closeSync(this.#root);
    if (this.userNamespace !== undefined) closeSync(this.userNamespace);
  }

  #read(path: string): string {
    let descriptor: number;
    try {
      descriptor = openInside(this.#root, path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      return '';
    }
    try {
      return fstatSync(descriptor).isFile() ? readFileSync(descriptor, 'utf8') : '';
    } finally {
      closeSync(descriptor);
    }
  }

  #noService(path: string, problem: string): UserError {
    return unreachable(
      `No service of Ferry listens on '${path}' in ${this.#shown} (${problem}): start ferry.socket there.`,
    );
  }

  get #shown(): string {
    return this.#name === '.host' ? 'this host' : `the container '${this.#name}'`;
  }
}

/** Opens a path as it is seen from inside: no symbolic link leads out of `root`, and those of /proc are not followed. */
function openInside(root: number, path: string, flags: number): number {
  return openat2(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

function pin(name: string, leader: Leader): number {
  let pinned: number;
  try {
    pinned = openProcess(leader.pid);
  } catch (error) {
    throw explain(name, error);
  }
  // Where the kernel numbers processes by inode (6.9 and later), machined has noted the leader's.
  if (leader.inode === undefined || fstatSync(pinned, { bigint: true }).ino === leader.inode) return pinned;
  closeSync(pinned);
  throw ended(name);
}

/** Undefined if the process lives in our own. */
function openUserNamespace(pid: number): number | undefined {
  const path = `/proc/${pid}/ns/user`;
  const descriptor = openSync(path, constants.O_RDONLY);
  const own = statSync('/proc/self/ns/user');
  const found = fstatSync(descriptor);
  if (found.ino !== own.ino || found.dev !== own.dev) return descriptor;
  closeSync(descriptor);
  return undefined;
}

function explain(name: string, error: unknown): unknown {
  if (error instanceof UserError) return error;
  if (hasCode(error, 'ENOENT', 'ESRCH')) return ended(name);
  if (hasCode(error, 'EACCES', 'EPERM')) {
    return new UserError(`Cannot enter the container '${name}': permission denied; become root.`, {
      error: 'PermissionDenied',
    });
  }
  return unreachable(`Cannot enter the container '${name}': ${reasonOf(error)}.`);
}

function ended(name: string): UserError {
  return unreachable(`The container '${name}' has ended.`, 'ConnectionClosed');
}
