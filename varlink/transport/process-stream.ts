import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';

/** How a process ended. */
export interface ProcessEnd {
  /** Null if a signal ended it, or if it could not be started. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly failure: Error | undefined;
  /** Whether it has written anything. */
  readonly hasAnswered: boolean;
}

export interface ProcessStreamOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where its standard error goes; to ours if not given. */
  readonly standardError?: number;
  /** What it gets as its descriptors from 3 on. They stay the caller's. */
  readonly descriptors?: readonly number[];
  /** Runs it in a session of its own: no terminal, and no Ctrl-C. Otherwise it may ask on the terminal, and ignores Ctrl-C. */
  readonly detached?: boolean;
  /** Why the stream broke; undefined if the end of the process is the plain end of the stream. */
  readonly describeEnd: (end: ProcessEnd) => Error | undefined;
}

/** How long a process that has closed its output may take to say by its status what that meant, in milliseconds. */
const endTimeoutMs = 5000;

/** Ctrl-C on the terminal is for us, who may have to say something over the stream; a program that asks there overrides this. */
const ignoreInterrupts = 'trap "" INT HUP; exec "$0" "$@"';

/**
 * Standard input and output of a process as one stream. Its end is only an end if the process ended well: otherwise the
 * stream breaks with the error that `describeEnd` gives. Destroying the stream ends the process.
 */
export class ProcessStream extends Duplex {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #describeEnd: ProcessStreamOptions['describeEnd'];
  readonly #ended: Promise<Error | undefined>;
  #hasAnswered = false;

  /** @param command the program, looked for in PATH, and its arguments */
  constructor(command: readonly string[], options: ProcessStreamOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 });
    this.#describeEnd = options.describeEnd;
    this.#child = start(command, options);
    const { stdin, stdout } = this.#child;
    if (stdin === null || stdout === null) throw new Error('the process has no pipes');
    this.#input = stdin.on('error', () => {});
    this.#output = stdout.on('error', () => {});
    this.#ended = this.#watchEnd();
    // Between two users of the stream nobody listens: the next one finds it destroyed.
    this.on('error', () => {});
    stdout.on('data', (chunk) => {
      this.#hasAnswered = true;
      if (!this.push(chunk)) stdout.pause();
    });
    stdout.once('close', () => void this.#onOutputEnd());
  }

  override _read(): void {
    this.#output.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#input.write(chunk, (error) => {
      if (error) void this.#whenEnded().then((reason) => done(reason ?? error));
      else done();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    // Whether what was written has arrived is for the other side to say.
    this.#input.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    this.#input.destroy();
    this.#output.destroy();
    this.#child.unref();
    done(error);
  }

  async #onOutputEnd(): Promise<void> {
    const error = await this.#whenEnded();
    if (this.destroyed) return;
    if (error) this.destroy(error);
    else this.push(null);
  }

  /** The reason of a bad end; undefined if it ended well, or does not end although it has closed its output. */
  #whenEnded(): Promise<Error | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, endTimeoutMs, undefined);
    });
    return Promise.race([this.#ended, timeout]).finally(() => clearTimeout(timer));
  }

  #watchEnd(): Promise<Error | undefined> {
    return new Promise((resolve) => {
      const settle = (end: Omit<ProcessEnd, 'hasAnswered'>) =>
        resolve(this.#describeEnd({ ...end, hasAnswered: this.#hasAnswered }));
      this.#child.once('error', (failure) => settle({ status: null, signal: null, failure }));
      this.#child.once('exit', (status, signal) => settle({ status, signal, failure: undefined }));
    });
  }
}

function start(command: readonly string[], options: ProcessStreamOptions): ChildProcess {
  const { standardError = 2, descriptors = [], detached = false } = options;
  const [program = '', ...parameters] = detached ? command : ['/bin/sh', '-c', ignoreInterrupts, ...command];
  return spawn(program, parameters, {
    stdio: ['pipe', 'pipe', standardError, ...descriptors],
    env: options.environment,
    detached,
  });
}
