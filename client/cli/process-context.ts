import type { Environment } from '../../common/environment.js';
import type { ClientEnvironment } from './environment.js';

/** One of the standard streams, as far as the client uses it. */
export interface OutputStream {
  readonly descriptor: number;
  readonly isTerminal: boolean;
  /** Width of the terminal in columns; undefined if it is none. */
  readonly columns: number | undefined;
  /** Height of the terminal in lines; undefined if it is none. */
  readonly rows: number | undefined;
  /** @returns false if nobody reads any more */
  write(text: string): boolean;
}

export interface InputStream {
  readonly descriptor: number;
  readonly isTerminal: boolean;
}

export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Everything the client takes from the process it runs in; tests bring their own. */
export interface ProcessContext {
  /** For programs that are started, and for what is read as in the service: where images are, and how to log. */
  readonly variables: Environment;
  /** What it tells the client itself. */
  readonly environment: ClientEnvironment;
  /** What the program was called as; `importctl` gets that program's defaults. */
  readonly programName: 'ferryctl' | 'importctl';
  /** How to call it again, in messages: `ferryctl`, or the path of the program where the shell does not find it. */
  commandName(): string;
  readonly workingDirectory: string;
  readonly userId: number;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The program of the client, to run it again elsewhere. */
  readonly clientProgram: string;
  /** The program of the service, to start it where none runs. */
  readonly serviceProgram: string;
  /** A service that is being started before the command line is understood in full: see connect/early.ts. */
  readonly earlyStart?: EarlyStart | undefined;
  /** Where the sockets of the system's services are: /run. */
  readonly runtimeDirectory: string;
  /** Where users without a runtime directory get one: /tmp. */
  readonly temporaryDirectory: string;
  /** The terminal that controls the process: /dev/tty. */
  readonly terminal: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back on Ctrl-C, SIGTERM and the end of the terminal until disposed. */
  onInterrupt(listener: (signal: InterruptSignal) => void): Disposable;
}

/** `busy`: another client's service is just starting there. */
export type StartOutcome = 'ready' | 'busy';

/** A service that is being started. */
export interface EarlyStart {
  /** Where it will listen. */
  readonly path: string;
  readonly outcome: Promise<StartOutcome>;
}
