import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { clientProgram } from '../../support/service/ferry-host.js';

export interface ClientRun {
  readonly child: ChildProcess;
  /** What it has written on standard error so far. */
  messages(): string;
  readonly ended: Promise<ClientEnd>;
}

export interface ClientEnd {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ClientOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Leaves standard input open, for the test to write to. */
  readonly open?: boolean;
}

/** Starts `ferryctl` with just these parameters. It ends with the test. */
export function startClient(parameters: readonly string[], options: ClientOptions = {}): ClientRun {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath, clientProgram, ...parameters], {
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: what a terminal would send to all of it can be sent to it alone.
    detached: true,
  });
  const { stdin, stdout, stderr } = child as { stdin: ChildProcess['stdin']; stdout: Readable; stderr: Readable };
  stdin?.on('error', () => undefined);
  if (options.open !== true) stdin?.end(options.input ?? '');
  let messages = '';
  stderr.on('data', (chunk) => {
    messages += String(chunk);
  });
  const ended = Promise.all([buffer(stdout), text(stderr), once(child, 'exit')]).then(([out, err, [status]]) => ({
    status: status as number | null,
    stdout: out,
    stderr: err,
  }));
  return { child, messages: () => messages, ended };
}

/** Runs `ferryctl` to its end. */
export function runClient(parameters: readonly string[], options: ClientOptions = {}): Promise<ClientEnd> {
  return startClient(parameters, options).ended;
}
