import { closeSync, constants, lstatSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Scope } from '../../common/image-classes.js';
import { lockFile } from '../../linux/locks.js';
import { refuseForeign } from './runtime-directory.js';

/** How long to wait for a service that is ending to let go of the lock, in milliseconds. */
const lockTimeoutMs = 5000;

/** Whether a service answers on a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/**
 * Takes the lock that the one service of a socket holds, and removes the socket that a killed one has left.
 * Undefined when another service has it. The lock is held until it is disposed of.
 */
export async function claimSocket(path: string, scope: Scope): Promise<Disposable | undefined> {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: scope === 'system' ? 0o755 : 0o700 });
  refuseForeign(directory, process.geteuid?.() ?? 0);
  const descriptor = openSync(
    join(directory, 'lock'),
    constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW,
    0o600,
  );
  const deadline = performance.now() + lockTimeoutMs;
  while (!lockFile(descriptor, 'exclusive')) {
    if ((await answers(path)) || performance.now() > deadline) {
      closeSync(descriptor);
      return undefined;
    }
    await pause(20);
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
  return { [Symbol.dispose]: () => closeSync(descriptor) };
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
