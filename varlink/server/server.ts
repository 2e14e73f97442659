import { closeSync } from 'node:fs';
import { isListening } from '../../linux/sockets.js';
import { type BoundSocket, Listener, openListeningSocket } from '../transport/listener.js';
import { Allowances } from './allowances.js';
import { Connection, type ServerContext } from './connection.js';
import { type InterfaceImplementation, Registry, type ServiceInfo } from './registry.js';
import { UserTurns } from './turns.js';

export type { Handler, PeerCredentials, ServerCall } from './call.js';
export type { InterfaceImplementation, ServiceInfo } from './registry.js';

export interface ServerLimits {
  /** Connections in all; more wait in the kernel's queue. 4096 by default, as sd-varlink. */
  readonly connections?: number;
  /** Connections of one user other than root; more are closed at once. 128 by default, as sd-varlink. */
  readonly connectionsPerUser?: number;
  /** Bytes of calls of one user other than root that have not been answered; the connection that exceeds them is closed. 64 MiB by default. */
  readonly callBytesPerUser?: number;
}

export interface ServerOptions extends ServiceInfo {
  readonly interfaces: readonly InterfaceImplementation[];
  readonly limits?: ServerLimits;
  /**
   * Told what a handler throws that is not a VarlinkError; the caller is answered io.systemd.System {errnoName: EIO}.
   * By default it is printed with its stack.
   */
  readonly onBug?: (error: unknown) => void;
}

/** Where to listen: on a socket that was passed (it becomes the server's own), or on a path that is bound for it. */
export type ListenTarget = { readonly descriptor: number } | { readonly path: string; readonly mode?: number };

/** Serves Varlink interfaces, and org.varlink.service, on unix sockets. */
export class VarlinkServer {
  readonly #context: ServerContext;
  readonly #limits: Required<ServerLimits>;
  readonly #onBug: (error: unknown) => void;
  readonly #listeners = new Map<Listener, BoundSocket | undefined>();
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #connectionsByUser = new Map<number, number>();

  /** Told when the first connection comes and when the last one goes. An upgraded connection is no longer the server's. */
  onIdleChange: ((isIdle: boolean) => void) | undefined;

  constructor(options: ServerOptions) {
    this.#limits = { connections: 4096, connectionsPerUser: 128, callBytesPerUser: 64 * 1024 ** 2, ...options.limits };
    this.#onBug = options.onBug ?? ((error) => console.error(error));
    this.#context = {
      registry: new Registry(options, options.interfaces),
      turns: new UserTurns(),
      allowances: new Allowances(this.#limits.callBytesPerUser),
      onBug: this.#onBug,
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Accepts connections. A path is removed again by close().
   *
   * @throws SystemError if the path cannot be bound (EADDRINUSE: it exists), or the descriptor is not a socket (ENOTSOCK)
   * @throws Error if it is a socket that does not listen
   */
  listen(target: ListenTarget): void {
    const bound = 'path' in target ? openListeningSocket(target.path, target.mode ?? 0o600) : undefined;
    const descriptor = 'path' in target ? bound?.descriptor : target.descriptor;
    if (descriptor === undefined || !isListening(descriptor))
      throw new Error(`descriptor ${descriptor} is not a listening socket`);
    this.#listeners.set(new Listener(descriptor, (connection) => this.#accept(connection)), bound);
    this.#regulate();
  }

  /**
   * Serves one connected socket, which becomes the server's own: what a client of `exec:` passes.
   *
   * @returns when the connection has ended
   */
  serve(descriptor: number): Promise<void> {
    return this.#start(new Connection(descriptor, this.#context));
  }

  /**
   * Ends what listen() began. Clients that were not accepted yet stay in the queue of a socket that was passed, for the
   * next process that has it; those in the queue of a path that was bound here are still accepted.
   */
  stopListening(): void {
    for (const [listener, bound] of this.#listeners) {
      bound?.unlink();
      if (bound) listener.acceptAll();
      listener.close();
    }
    this.#listeners.clear();
  }

  /**
   * Stops listening and ends the connections: at once, or with `drain` once the calls that have come are answered.
   * A peer that has not called yet is waited for, for as long as the caller of this likes.
   *
   * @returns when all have ended
   */
  async close({ drain = false } = {}): Promise<void> {
    this.stopListening();
    for (const connection of this.#connections.keys()) {
      if (drain) connection.drain();
      else connection.destroy();
    }
    await Promise.all(this.#connections.values());
  }

  #accept(descriptor: number): void {
    const connection = this.#open(descriptor);
    if (!connection) return;
    const { uid } = connection.peer;
    const count = this.#connectionsByUser.get(uid) ?? 0;
    if (uid !== 0 && count >= this.#limits.connectionsPerUser) {
      connection.destroy();
      return;
    }
    this.#connectionsByUser.set(uid, count + 1);
    this.#start(connection).then(() => this.#forget(uid), this.#onBug);
    this.#regulate();
  }

  #open(descriptor: number): Connection | undefined {
    try {
      return new Connection(descriptor, this.#context);
    } catch (error) {
      closeSync(descriptor);
      this.#onBug(error);
      return undefined;
    }
  }

  async #start(connection: Connection): Promise<void> {
    const ended = connection.run();
    this.#connections.set(connection, ended);
    if (this.#connections.size === 1) this.onIdleChange?.(false);
    await ended;
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.onIdleChange?.(true);
  }

  #forget(uid: number): void {
    const count = (this.#connectionsByUser.get(uid) ?? 1) - 1;
    if (count > 0) this.#connectionsByUser.set(uid, count);
    else this.#connectionsByUser.delete(uid);
    this.#regulate();
  }

  #regulate(): void {
    const isFull = this.#connections.size >= this.#limits.connections;
    for (const listener of this.#listeners.keys()) {
      if (isFull) listener.pause();
      else listener.resume();
    }
  }
}
