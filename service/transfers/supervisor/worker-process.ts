import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { errnoWords } from '../../../common/errno.js';
import { errnoName } from '../../../linux/errno.js';
import { sendSignal } from '../../../linux/process.js';
import { openSocketPair, setBlocking, transmit } from '../../../linux/sockets.js';
import { fetchLineMax, lineMax } from '../../processes/ipc/bounds.js';
import { parentVariable, spareArgument } from '../../processes/ipc/channel.js';
import { refusalText } from '../../processes/ipc/message-policy.js';
import type { WorkerMessage } from '../../processes/ipc/messages.js';
import type { Begun, Command, WorkerName } from '../../sandbox/needs.js';
import { claim, disclaim, endStrays } from '../../sandbox/strays.js';
import { Hearing } from './hearing.js';
import { LineSplitter } from './lines.js';

/** How a process has ended. */
export interface WorkerExit {
  code: number | undefined;
  signal: NodeJS.Signals | undefined;
  /** Why it was ended, if it said what it cannot say. */
  nonsense: string | undefined;
  /** Why there was no process at all: what the system said, and its name for that. */
  startError?: string;
}

/** What a process is started with. */
export interface WorkerStart {
  readonly name: WorkerName;
  readonly command: Command;
  /** They become 4, 5, … of the process, which gets copies. */
  readonly descriptors: readonly number[];
  /** All that it gets as its environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly onMessage: (message: WorkerMessage) => void;
}

/** How many descriptors a process can be given that was started without any. */
const keptPlaces = 8;

/** Bytes of what a process writes on its standard error that are kept for the log. */
const outputKept = 8 * 1024;
/** Bytes of it that are read: it is closed then. */
const outputMax = 1024 * 1024;

type Listener = WorkerStart['onMessage'];

function sayNothing(): never {
  throw new TypeError('something before it was asked');
}

/** A pair of sockets: the service's own end, which `control` owns, and the one that becomes descriptor 3 of the process. */
function openControl(): { control: Socket; own: number; other: number } {
  const [own, other] = openSocketPair();
  // Workers wait for what is said to them, and have nothing else to do.
  setBlocking(other, true);
  return { control: new Socket({ fd: own, readable: true, writable: true }), own, other };
}

/** What kept a process from being started. */
export function startErrorOf(error: unknown): string {
  const name = errnoName(error);
  // The file system has nothing to do with it: user.max_pid_namespaces and its like.
  if (name === 'ENOSPC') return `there are as many namespaces as are allowed (${name})`;
  return name === undefined ? String(error) : `${errnoWords(name) ?? 'the system refused'} (${name})`;
}

/** A process of a transfer: spoken to over its descriptor 3, one JSON object a line. */
export class WorkerProcess {
  readonly name: WorkerName;
  readonly exited: Promise<WorkerExit>;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #controlDescriptor: number;
  readonly #begun: Begun;
  readonly #hearing: Hearing;
  #onMessage: Listener;
  #nonsense: string | undefined;
  #isReaped = false;
  #output = Buffer.alloc(0);
  #written = 0;

  /** A process that says what is no message is ended: a stranger may have taken it over. `parameters`: words behind its command. */
  constructor(start: WorkerStart, parameters: readonly string[] = []) {
    const { name, command, descriptors, environment, onMessage } = start;
    this.name = name;
    this.#onMessage = onMessage;
    const { control, own, other } = openControl();
    this.#controlDescriptor = own;
    this.#control = control;
    let begun: Begun | undefined;
    // A group of its own, so that what it starts can be ended with it.
    try {
      begun = command.begin();
      this.#begun = begun;
      const [program = '', ...words] = begun.words;
      const options: SpawnOptions = {
        cwd: '/',
        detached: true,
        env: { ...environment, [parentVariable]: String(begun.parent) },
        stdio: ['ignore', 'ignore', 'pipe', other, ...descriptors],
      };
      this.#child = begun.start(() => spawn(program, [...words, ...parameters], options));
      if (this.#child.pid !== undefined) claim(this.#child.pid);
    } catch (error) {
      this.#control.destroy();
      void begun?.end();
      throw error;
    } finally {
      closeSync(other);
    }
    // A process that is gone already shows in its exit, not in a failed write.
    this.#control.on('error', () => {});
    this.#hearing = new Hearing(name, (message) => this.#onMessage(message));
    const longest = name === 'fetch' ? fetchLineMax : lineMax;
    const lines = new LineSplitter(longest, (line) => this.#hearing.hear(line));
    this.#control.on('data', (chunk) => this.#hear(lines, chunk));
    this.#child.stderr?.on('data', (chunk) => this.#keepOutput(chunk)).on('error', () => {});
    this.exited = this.#watch();
  }

  /** Starts a process for a transfer that is still to come. Until then it has nothing to say. */
  static spare(start: Pick<WorkerStart, 'name' | 'command' | 'environment'>): WorkerProcess {
    // Node would leave the numbers free, and use them itself.
    const nothing = openSync('/dev/null', 'r');
    try {
      const descriptors = Array<number>(keptPlaces).fill(nothing);
      return new WorkerProcess({ ...start, descriptors, onMessage: sayNothing }, [spareArgument]);
    } finally {
      closeSync(nothing);
    }
  }

  /**
   * Gives a spare process its transfer, with descriptors as at a start. False when that cannot be, because it
   * has ended or has no place for so many: it is of no use then.
   */
  begin(descriptors: readonly number[], onMessage: Listener): boolean {
    if (descriptors.length > keptPlaces || this.hasExited || this.#nonsense !== undefined) return false;
    // Its end may be known before its exit is; the number of its socket is that of something else then.
    if (this.#control.destroyed || this.#control.readableEnded) return false;
    this.#onMessage = onMessage;
    return transmit(this.#controlDescriptor, Buffer.from('\n'), descriptors) === 1;
  }

  /** Whether it has ended, though its last words may not have been read. */
  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The end of what it has written on its standard error: what node says of a crash, or whatever a stranger likes. */
  get output(): string {
    return this.#output.toString().trimEnd();
  }

  #keepOutput(chunk: Buffer): void {
    this.#written += chunk.length;
    // Whoever writes without end would keep the service busy.
    if (this.#written > outputMax) this.#child.stderr?.destroy();
    this.#output = Buffer.concat([this.#output, chunk]).subarray(-outputKept);
  }

  #hear(lines: LineSplitter, chunk: Buffer): void {
    if (this.#nonsense !== undefined) return;
    try {
      lines.add(chunk);
      this.#hearing.flush();
    } catch (error) {
      this.#nonsense = refusalText(error);
      this.kill();
    }
  }

  #watch(): Promise<WorkerExit> {
    const drained = new Promise<void>((resolve) => this.#control.once('close', () => resolve()));
    drained.then(() => this.#hearing.end());
    return new Promise((resolve) => {
      // Node tells of no exit when there was no process.
      this.#child.once('error', (error) => {
        const startError = startErrorOf(error);
        this.#control.destroy();
        this.#clear().then(() => resolve({ code: undefined, signal: undefined, nonsense: undefined, startError }));
      });
      // The process may end before its last lines are read: the exit counts once both have happened.
      this.#child.once('exit', (code, signal) => {
        if (signal !== null) this.kill();
        this.#isReaped = true;
        // What it has left behind may hold its channel open.
        Promise.all([this.#clear(), drained]).then(() =>
          resolve({ code: code ?? undefined, signal: signal ?? undefined, nonsense: this.#nonsense }),
        );
      });
    });
  }

  /** Waits until nothing is left of what it has started, which may have tried to outlive it. */
  async #clear(): Promise<void> {
    if (this.#child.pid !== undefined) disclaim(this.#child.pid);
    await endStrays();
    await this.#begun.end();
  }

  send(message: object): void {
    this.#control.write(`${JSON.stringify(message)}\n`);
  }

  /** Says that nothing more will be sent: a process that waits for permission to install gives up then. */
  abandon(): void {
    this.#control.end();
  }

  /** Ends the process and what it has started. Nothing once it has ended: its number may be that of another one's group. */
  kill(): void {
    const { pid } = this.#child;
    if (pid !== undefined && !this.#isReaped) sendSignal(-pid, constants.signals.SIGKILL);
  }
}
