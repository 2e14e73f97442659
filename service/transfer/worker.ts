import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { sendSignal } from '../system/process.js';
import { parentVariable } from '../worker/channel.js';
import type { WorkerMessage } from '../worker/messages.js';
import { LineSplitter } from './lines.js';
import { checkMessage } from './vocabulary.js';

export interface WorkerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it was ended, if it said what it cannot say. */
  nonsense: string | null;
}

/** A process of a transfer: spoken to over its descriptor 3, one JSON object a line. */
export class WorkerProcess {
  readonly name: string;
  readonly exited: Promise<WorkerExit>;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  #nonsense: string | null = null;

  /**
   * `descriptors` become 4, 5, … of the process; the caller closes its own copies. `environment` is all it gets. A process
   * that says what is no message is ended: a stranger may have taken it over.
   */
  constructor(
    name: string,
    command: readonly string[],
    descriptors: readonly number[],
    environment: NodeJS.ProcessEnv,
    onMessage: (message: WorkerMessage) => void,
  ) {
    const [program = '', ...parameters] = command;
    this.name = name;
    // A group of its own, so that what it starts can be ended with it.
    this.#child = spawn(program, parameters, {
      cwd: '/',
      detached: true,
      env: { ...environment, [parentVariable]: String(process.pid) },
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', ...descriptors],
    });
    const control = this.#child.stdio[3];
    if (!(control instanceof Socket)) throw new Error(`no control channel to the ${name} process`);
    this.#control = control;
    // A process that is gone already shows in its exit, not in a failed write.
    control.on('error', () => {});
    const lines = new LineSplitter((line) => {
      const message: unknown = JSON.parse(line);
      checkMessage(name, message);
      onMessage(message);
    });
    control.on('data', (chunk) => this.#hear(lines, chunk));
    this.exited = this.#watch();
  }

  /** Whether it has ended, though its last words may not have been read. */
  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #hear(lines: LineSplitter, chunk: Buffer): void {
    if (this.#nonsense !== null) return;
    try {
      lines.add(chunk);
    } catch (error) {
      this.#nonsense = error instanceof Error ? error.message : String(error);
      this.kill();
    }
  }

  #watch(): Promise<WorkerExit> {
    const drained = new Promise<void>((resolve) => this.#control.once('close', () => resolve()));
    return new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: 127, signal: null, nonsense: null }));
      // The process may end before its last lines are read: the exit counts once both have happened.
      this.#child.once('exit', (code, signal) => {
        if (signal !== null) this.kill();
        drained.then(() => resolve({ code, signal, nonsense: this.#nonsense }));
      });
    });
  }

  send(message: object): void {
    this.#control.write(`${JSON.stringify(message)}\n`);
  }

  /** Says that nothing more will be sent: a process that waits for permission to install gives up then. */
  abandon(): void {
    this.#control.end();
  }

  /** Ends the process and what it has started. */
  kill(): void {
    const { pid } = this.#child;
    if (pid !== undefined) sendSignal(-pid, constants.signals.SIGKILL);
  }
}
