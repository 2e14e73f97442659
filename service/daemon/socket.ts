import { closeSync, constants, lstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeDirectory } from '../../common/directories.js';
import { errnoWords } from '../../common/errno.js';
import type { Scope } from '../../common/image-classes.js';
import { hasCode } from '../../linux/errno.js';
import { socketPathMax } from '../../linux/headers/constants.js';
import { lockFile } from '../../linux/locks.js';
import { refuseForeign } from './runtime-directory.js';

/** How long to wait for a service that is ending to let go of the lock, in milliseconds. */
const lockTimeoutMs = 5000;

/** The right to be the service of a socket, or what keeps it from others: a service that listens there, or one that has only its lock. */
export type SocketClaim = { lock: Disposable } | { heldBy: 'listener' | 'lock' };

/** Whether a socket is one that a killed service has left. Only ECONNREFUSED says so: one that is full, or not ours, is in use. */
function isStale(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(false));
    socket.once('error', (error) => done(hasCode(error, 'ECONNREFUSED')));
  });
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** A service holds no lock where systemd made the socket, nor another lock than ours. */
async function isInUse(path: string): Promise<boolean> {
  return isSocket(path) && !(await isStale(path));
}

/**
 * Takes the lock that the one service of a socket holds, and removes the socket that a killed one has left. The lock is named after
 * the socket: other sockets in the directory have their own services. It is held until it is disposed of.
 *
 * @throws Error when the directory is somebody else's, and when no socket can be at the path
 * @throws Error of node:fs when the lock or the directory cannot be made
 */
export async function claimSocket(path: string, scope: Scope): Promise<SocketClaim> {
  const descriptor = openLock(path, scope);
  const heldBy = await waitForLock(descriptor, path);
  if (heldBy !== undefined) {
    closeSync(descriptor);
    return { heldBy };
  }
  if (isSocket(path)) rmSync(path);
  return { lock: { [Symbol.dispose]: () => closeSync(descriptor) } };
}

function openLock(path: string, scope: Scope): number {
  const directory = dirname(path);
  if (Buffer.byteLength(path) > socketPathMax)
    throw new Error(`Cannot listen on ${path}: it is longer than ${socketPathMax} bytes`);
  try {
    makeDirectory(directory, scope === 'system' ? 0o755 : 0o700);
  } catch (error) {
    const reason = hasCode(error, 'EEXIST', 'ENOTDIR') ? 'not a directory' : errnoWords(error);
    if (reason === undefined) throw error;
    throw new Error(`Cannot listen on ${path}: ${directory}: ${reason}`);
  }
  refuseForeign(directory, process.geteuid?.() ?? 0);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSocket())
    throw new Error(`Cannot listen on ${path}: it exists, and is not a socket`);
  return openSync(`${path}.lock`, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
}

/** Waits for the lock while nobody listens; gives back who keeps it from us. */
async function waitForLock(descriptor: number, path: string): Promise<'listener' | 'lock' | undefined> {
  const deadline = performance.now() + lockTimeoutMs;
  while (!lockFile(descriptor, 'exclusive')) {
    if (await isInUse(path)) return 'listener';
    if (performance.now() > deadline) return 'lock';
    await pause(20);
  }
  return (await isInUse(path)) ? 'listener' : undefined;
}

/** Tells the client that started this service how it went (FERRY_READY_FD): `ready`, `busy` or `error TEXT`. Once. */
export class ClientLink {
  /** Whether a client started this service, which then ends with its last transfer. */
  readonly started: boolean;
  /** The verb of the transfer that this client is about to ask for (FERRY_TRANSFER_FOLLOWS). */
  readonly nextVerb: string | undefined;
  #descriptor: number | undefined;

  /**
   * Takes the variables out of `environment`.
   *
   * @throws Error when FERRY_READY_FD is not a descriptor number
   */
  constructor(environment: NodeJS.ProcessEnv) {
    const text = environment['FERRY_READY_FD'];
    this.nextVerb = environment['FERRY_TRANSFER_FOLLOWS'] || undefined;
    for (const name of ['FERRY_READY_FD', 'FERRY_TRANSFER_FOLLOWS']) delete environment[name];
    if (text !== undefined && !/^\d{1,9}$/.test(text))
      throw new Error(`FERRY_READY_FD is '${text}', which is not a descriptor`);
    this.started = text !== undefined;
    this.#descriptor = text === undefined ? undefined : Number(text);
  }

  tell(state: string): void {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, `${state}\n`);
      closeSync(this.#descriptor);
    } catch {
      // The client is gone; its transfer, if it came to one, goes on.
    }
    this.#descriptor = undefined;
  }
}
