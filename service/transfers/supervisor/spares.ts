import { booleanSetting } from '../../../common/environment.js';
import type { Log } from '../../../common/log/log.js';
import type { WorkerMessage } from '../../processes/ipc/messages.js';
import type { Command, Sandbox, WorkerName } from '../../sandbox/needs.js';
import { workerEnvironment } from '../environment.js';
import { type WorkerExit, WorkerProcess } from './worker-process.js';

/** What a pull may need. */
export const transferNames = ['fetch', 'decode', 'placement'] as const;
const spareNames = [...transferNames, 'manage'] as const;
export type SpareName = (typeof spareNames)[number];

/** What they take from the daemon. */
interface SpareHost {
  readonly environment: NodeJS.ProcessEnv;
  readonly sandbox: Promise<Sandbox>;
  readonly log: Log;
}

/** How long after the last transfer new ones are started, in milliseconds: its client ends first. */
const restartDelayMs = 100;

/**
 * One process of each part that wait, in their sandbox, so that the next transfer, or a question about images, need not
 * wait for them to start. They know nothing until they are taken, and then they are as any other. Only a service that has nothing to do has any:
 * no transfer meets the process of another one that is to come.
 */
export class Spares {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #sandbox: Promise<Sandbox>;
  readonly #log: Log;
  readonly #waiting = new Map<WorkerName, WorkerProcess>();
  #timer: NodeJS.Timeout | undefined;
  /** Undefined as long as the service is to have none by itself. */
  #isIdle: (() => boolean) | undefined;
  #wanted: boolean;

  constructor({ environment, sandbox, log }: SpareHost) {
    this.#environment = environment;
    this.#sandbox = sandbox;
    this.#log = log;
    this.#wanted = booleanSetting(environment, 'FERRY_SPARE_PROCESSES', true);
  }

  /** Starts those of these names that are missing. Where that fails, the next transfer tells why. */
  async fill(names: readonly SpareName[] = spareNames): Promise<void> {
    const sandbox = await this.#sandbox;
    for (const name of names) {
      if (!this.#wanted || this.#waiting.has(name)) continue;
      try {
        this.#start(name, sandbox.command(name));
      } catch (error) {
        this.#log.debug(`No spare ${name} process: ${String(error)}`);
      }
    }
  }

  /** Starts those that are missing in a moment, if there is still nothing to do by then. */
  fillSoon(isIdle: () => boolean): void {
    this.#isIdle = isIdle;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (isIdle()) void this.fill();
    }, restartDelayMs);
  }

  /** As fillSoon(), after something that was no transfer, in a service that has had some. */
  refill(): void {
    if (this.#isIdle !== undefined) this.fillSoon(this.#isIdle);
  }

  has(name: WorkerName): boolean {
    return this.#waiting.has(name);
  }

  /** A process of that name for a transfer that begins, with its descriptors; undefined when there is none that could do it. */
  take(
    name: WorkerName,
    descriptors: readonly number[],
    onMessage: (message: WorkerMessage) => void,
  ): WorkerProcess | undefined {
    const worker = this.#waiting.get(name);
    if (worker === undefined) return undefined;
    this.#waiting.delete(name);
    if (worker.begin(descriptors, onMessage)) return worker;
    worker.kill();
    return undefined;
  }

  /** Ends those that the transfer that has begun did not take: its own meet strangers, and nothing of another one. */
  endRest(): void {
    for (const worker of this.#waiting.values()) worker.kill();
    this.#waiting.clear();
  }

  /** Ends them, for good. */
  end(): void {
    this.#wanted = false;
    this.endRest();
  }

  #start(name: WorkerName, command: Command): void {
    const worker = WorkerProcess.spare({
      name,
      command,
      environment: workerEnvironment({ environment: this.#environment }),
    });
    this.#waiting.set(name, worker);
    void worker.exited.then((exit) => {
      if (this.#waiting.get(name) !== worker) return;
      this.#waiting.delete(name);
      const how = howEnded(exit);
      this.#log.notice(`A spare ${name} process ended (${how}); the next transfer starts one itself`);
    });
  }
}

function howEnded({ code, signal, nonsense, startError }: WorkerExit): string {
  if (startError !== undefined) return `it cannot be started: ${startError}`;
  return nonsense === undefined ? (signal ?? `exit status ${code}`) : `it sent an invalid message: ${nonsense}`;
}
