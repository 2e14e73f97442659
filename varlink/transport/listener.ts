import { chmodSync, closeSync, lstatSync, unlinkSync } from 'node:fs';
import { Readiness } from '../../linux/readiness.js';
import { acceptConnection, bindSocket, listenOnSocket, openSocket, setBlocking } from '../../linux/sockets.js';

/** How long accepting pauses when descriptors or memory have run out. */
const exhaustedPauseMilliseconds = 100;
/** Connections accepted in a row before other events get their turn. */
const acceptedAtOnceMax = 64;
/** As systemd's sockets: the kernel lowers it to net.core.somaxconn. */
const listenBacklog = 4096;

const passingFailures = ['EINTR', 'ECONNABORTED'];

/** Accepts connections from a listening socket. Those it has not accepted when it is closed stay in the kernel's queue. */
export class Listener {
  readonly #socket: number;
  readonly #readiness: Readiness;
  readonly #accept: (connection: number) => void;
  #isPaused = false;
  #isOpen = true;
  #retry: NodeJS.Timeout | undefined;

  /**
   * @param socket becomes the listener's own
   * @param accept is given each connection, as its own
   */
  constructor(socket: number, accept: (connection: number) => void) {
    this.#socket = socket;
    this.#accept = accept;
    setBlocking(socket, false);
    this.#readiness = new Readiness(socket, () => this.#acceptSome());
    this.#watch();
  }

  /** Leaves clients in the kernel's queue until resume(). */
  pause(): void {
    this.#isPaused = true;
    this.#watch();
  }

  resume(): void {
    this.#isPaused = false;
    this.#watch();
  }

  /** Accepts all that are in the queue now. */
  acceptAll(): void {
    while (this.#acceptOne());
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#readiness.close();
    if (this.#retry) clearTimeout(this.#retry);
    closeSync(this.#socket);
  }

  #acceptSome(): void {
    let count = 0;
    while (count < acceptedAtOnceMax && !this.#isPaused && this.#isOpen && this.#acceptOne()) count++;
  }

  #acceptOne(): boolean {
    const connection = acceptConnection(this.#socket);
    if (typeof connection === 'number') {
      this.#accept(connection);
      return true;
    }
    if (connection === 'EAGAIN') return false;
    if (passingFailures.includes(connection)) return true;
    this.#pauseFor(exhaustedPauseMilliseconds);
    return false;
  }

  #pauseFor(milliseconds: number): void {
    this.#readiness.watch({ readable: false, writable: false, disconnect: false });
    this.#retry = setTimeout(() => this.#watch(), milliseconds);
  }

  #watch(): void {
    if (this.#isOpen) this.#readiness.watch({ readable: !this.#isPaused, writable: false, disconnect: false });
  }
}

/** A listening socket that was bound to a path here, and goes with it. */
export interface BoundSocket {
  readonly descriptor: number;
  /** Removes the path, if it still is this socket. */
  unlink(): void;
}

/**
 * Binds a listening socket.
 *
 * @param path absolute, or beginning with NUL for the abstract namespace
 * @param mode of the socket file; who may write to it may connect
 * @throws SystemError EADDRINUSE if the path exists: whoever knows that it is stale removes it first
 */
export function openListeningSocket(path: string, mode: number): BoundSocket {
  const descriptor = openSocket();
  try {
    bindSocket(descriptor, path);
    if (path.startsWith('\0')) {
      listenOnSocket(descriptor, listenBacklog);
      return { descriptor, unlink: () => {} };
    }
    // Nobody gets in before listen(), so nobody meets the mode that the umask made.
    chmodSync(path, mode);
    const { ino, dev } = lstatSync(path);
    listenOnSocket(descriptor, listenBacklog);
    return { descriptor, unlink: () => unlinkIfSame(path, ino, dev) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function unlinkIfSame(path: string, ino: number, dev: number): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.ino === ino && found.dev === dev) unlinkSync(path);
}
