import { spawn } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { waitUntilReady } from '../../../linux/poll.js';
import { pipe } from '../../../linux/process.js';

/** What a pipe takes without blocking once it is ready. */
const PIPE_BUF = 4096;
const complaintMax = 4096;

/** What happened first. */
export type ChildEvent =
  | { type: 'output'; length: number }
  | { type: 'accepted'; length: number }
  | { type: 'ended'; status: number; complaint: string };

/**
 * A filter program (compressed bytes in, plain bytes out, or the other way round) that is fed and read with blocking
 * calls, so that it fits where the libraries do. A shell around it reports its exit status through a pipe: node would
 * tell it only through the event loop, which does not run meanwhile.
 */
export class ChildFilter implements Disposable {
  #input: number | undefined;
  readonly #output: number;
  readonly #status: number;
  readonly #complaints: number;
  #complaint = Buffer.alloc(0);
  #complaintsEnded = false;

  constructor(program: string, parameters: string[]) {
    const pipes = [pipe(), pipe(), pipe(), pipe()] as const;
    const [input, output, complaints, status] = pipes;
    const theirs = [input.readEnd, output.writeEnd, complaints.writeEnd, status.writeEnd];
    const child = spawn('/bin/sh', ['-c', '"$@" 3>&-; echo $? >&3', 'sh', program, ...parameters], {
      stdio: theirs,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    });
    child.on('error', () => {});
    child.unref();
    for (const descriptor of theirs) closeSync(descriptor);
    this.#input = input.writeEnd;
    this.#output = output.readEnd;
    this.#complaints = complaints.readEnd;
    this.#status = status.readEnd;
  }

  /** Feeds it some of `input` or reads some of its output into `output`, whichever is possible first. */
  run(input: Buffer | undefined, output: Buffer): ChildEvent {
    for (;;) {
      const feeding = input && input.length > 0 ? this.#input : undefined;
      const [readable, complaining, writable] = this.#wait(feeding);
      if (complaining) this.#listen();
      if (readable) {
        const length = readSync(this.#output, output, 0, output.length, null);
        return length > 0 ? { type: 'output', length } : this.#end();
      }
      if (writable && input) return { type: 'accepted', length: this.#feed(input) };
    }
  }

  /** Tells it that there is no more input. */
  endInput(): void {
    if (this.#input !== undefined) closeSync(this.#input);
    this.#input = undefined;
  }

  /** Closes the pipes, upon which it ends. */
  [Symbol.dispose](): void {
    this.endInput();
    for (const descriptor of [this.#output, this.#complaints, this.#status]) closeSync(descriptor);
  }

  #wait(feeding: number | undefined): [readable: boolean, complaining: boolean, writable: boolean] {
    const entries: { name: string; descriptor: number; for: 'reading' | 'writing' }[] = [
      { name: 'output', descriptor: this.#output, for: 'reading' },
    ];
    if (!this.#complaintsEnded) entries.push({ name: 'complaints', descriptor: this.#complaints, for: 'reading' });
    if (feeding !== undefined) entries.push({ name: 'input', descriptor: feeding, for: 'writing' });
    const ready = waitUntilReady(entries);
    const isReady = (name: string) => ready[entries.findIndex((entry) => entry.name === name)] === true;
    return [isReady('output'), isReady('complaints'), isReady('input')];
  }

  #feed(input: Buffer): number {
    if (this.#input === undefined) return input.length;
    try {
      return writeSync(this.#input, input, 0, Math.min(PIPE_BUF, input.length), null);
    } catch (error) {
      if (!hasCode(error, 'EPIPE')) throw error;
      // It has ended already; its status tells why.
      return input.length;
    }
  }

  #listen(): void {
    const buffer = Buffer.alloc(complaintMax);
    const length = readSync(this.#complaints, buffer, 0, buffer.length, null);
    if (length === 0) this.#complaintsEnded = true;
    // Of bytes: a character may come in two pieces.
    this.#complaint = Buffer.concat([this.#complaint, buffer.subarray(0, length)]).subarray(-complaintMax);
  }

  #end(): ChildEvent {
    while (!this.#complaintsEnded) this.#listen();
    const buffer = Buffer.alloc(16);
    const length = readSync(this.#status, buffer, 0, buffer.length, null);
    const status = length > 0 ? Number.parseInt(buffer.toString('latin1', 0, length), 10) : Number.NaN;
    return { type: 'ended', status, complaint: this.#complaint.toString().trim() };
  }
}
