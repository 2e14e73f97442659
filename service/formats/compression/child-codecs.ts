import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { ByteSink, ByteSource, Encoder } from '../bytes.js';
import { ChildFilter } from './child.js';
import { damaged, faultFailure, trailingGarbage, truncated } from './failures.js';
import type { CompressedFormat, EncodedFormat } from './format.js';
import type { CodecHost } from './host.js';
import type { InputWindow } from './input.js';

/*
 * The programs of the formats, for hosts that lack the libraries. They are slower, and less exact about where damage is.
 */

export interface ChildOptions {
  threads: number;
  /** Largest dictionary or window, in bytes. */
  memoryLimit: number;
}

interface Program {
  name: string;
  /** Undefined for those that take a damaged second stream for garbage and say nothing (pigz, lbzip2). */
  decode: ((options: ChildOptions) => string[]) | undefined;
  /** Undefined for formats that are not written. */
  encode: ((level: number, threads: number) => string[]) | undefined;
}

/** The programs do not tell how many bytes follow, so none are ignored. */
const unpackYourself = 'if they belong there, unpack it yourself, and import the result';

const mebibyte = 1024 * 1024;

/** In order of preference. */
const programs: Record<CompressedFormat, Program[]> = {
  gzip: [
    { name: 'pigz', decode: undefined, encode: (level, threads) => ['-c', `-${level}`, '-p', `${threads}`] },
    { name: 'gzip', decode: () => ['-dc'], encode: (level) => ['-c', `-${level}`] },
  ],
  xz: [
    {
      name: 'xz',
      decode: (options) => ['-dc', `-T${options.threads}`, xzLimit(options)],
      encode: (level, threads) => ['-c', `-${level}`, `-T${threads}`],
    },
  ],
  zstd: [
    {
      name: 'zstd',
      decode: ({ memoryLimit }) => ['-dcq', `--memory=${Math.ceil(memoryLimit / mebibyte)}MiB`],
      encode: (level, threads) => ['-cq', '--check', `-${level}`, `-T${threads}`],
    },
  ],
  bzip2: [
    {
      name: 'lbzip2',
      decode: undefined,
      encode: (level, threads) => ['-c', `-${level}`, '-n', `${threads}`],
    },
    { name: 'bzip2', decode: () => ['-dc'], encode: (level) => ['-c', `-${level}`] },
  ],
  lz4: [{ name: 'lz4', decode: () => ['-dc'], encode: undefined }],
  lzma: [{ name: 'xz', decode: (options) => ['--format=lzma', '-dc', xzLimit(options)], encode: undefined }],
};

function xzLimit({ memoryLimit }: ChildOptions): string {
  return `--memlimit-decompress=${Math.ceil(memoryLimit / mebibyte) + 2}MiB`;
}

function findPrograms(format: CompressedFormat, host: CodecHost): { program: Program; path: string }[] {
  return programs[format].flatMap((program) => {
    const path = host.findProgram(program.name);
    return path ? [{ program, path }] : [];
  });
}

/** Decodes with the format's program; undefined without one. */
export function openChildDecoder(
  format: CompressedFormat,
  window: InputWindow,
  subject: string,
  options: ChildOptions,
  host: CodecHost,
): (ByteSource & Disposable) | undefined {
  for (const { program, path } of findPrograms(format, host)) {
    if (!program.decode) continue;
    return new ChildDecoder(new ChildFilter(path, program.decode(options)), window, format, subject);
  }
  return undefined;
}

class ChildDecoder implements ByteSource, Disposable {
  readonly #child: ChildFilter;
  readonly #window: InputWindow;
  readonly #format: CompressedFormat;
  readonly #subject: string;
  #ended = false;

  constructor(child: ChildFilter, window: InputWindow, format: CompressedFormat, subject: string) {
    this.#child = child;
    this.#window = window;
    this.#format = format;
    this.#subject = subject;
  }

  read(buffer: Buffer, offset: number, length: number): number {
    while (!this.#ended) {
      if (this.#window.length === 0) this.#refill();
      const input = this.#window.length > 0 ? this.#window.peek(this.#window.length) : undefined;
      const event = this.#child.run(input, buffer.subarray(offset, offset + length));
      if (event.type === 'output') return event.length;
      if (event.type === 'accepted') this.#window.consume(event.length);
      else this.#judge(event.status, event.complaint);
    }
    return 0;
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }

  #refill(): void {
    this.#window.fill();
    if (this.#window.length === 0) this.#child.endInput();
  }

  /** The programs warn about trailing garbage but succeed: whatever they say is an error here. */
  #judge(status: number, complaint: string): void {
    this.#ended = true;
    if (status === 0 && complaint === '') return;
    const offset = this.#window.consumed;
    if (/trailing garbage|unknown header/i.test(complaint))
      throw trailingGarbage(this.#subject, this.#format, offset, unpackYourself);
    if (/memory|window size/i.test(complaint)) {
      const fault = { kind: 'unsupported', needed: 'more memory', allowed: 'the limit' } as const;
      throw faultFailure(this.#subject, this.#format, offset, fault);
    }
    if (/unexpected(ly)?|premature|truncated|incomplete|unfinished|end of file/i.test(complaint)) {
      throw truncated(this.#subject, this.#format, offset);
    }
    const lines = complaint.split('\n');
    const detail = escapeText(lines.at(-1) || `its program ended with status ${status}`);
    throw damaged(this.#subject, this.#format, offset, detail);
  }
}

/** Encodes with the format's program; undefined without one. */
export function openChildEncoder(
  format: EncodedFormat,
  sink: ByteSink,
  level: number,
  threads: number,
  host: CodecHost,
): Encoder | undefined {
  const [found] = findPrograms(format, host);
  const parameters = found?.program.encode?.(level, threads);
  return found && parameters && new ChildEncoder(new ChildFilter(found.path, parameters), sink, format);
}

class ChildEncoder implements Encoder {
  readonly #child: ChildFilter;
  readonly #sink: ByteSink;
  readonly #format: string;
  readonly #output = Buffer.allocUnsafeSlow(256 * 1024);

  constructor(child: ChildFilter, sink: ByteSink, format: string) {
    this.#child = child;
    this.#sink = sink;
    this.#format = format;
  }

  write(buffer: Buffer, offset: number, length: number): void {
    for (let done = 0; done < length; ) done += this.#step(buffer.subarray(offset + done, offset + length)).accepted;
  }

  finish(): void {
    this.#child.endInput();
    while (!this.#step(undefined).ended);
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }

  #step(input: Buffer | undefined): { accepted: number; ended: boolean } {
    const event = this.#child.run(input, this.#output);
    if (event.type === 'output') this.#sink.write(this.#output, 0, event.length);
    if (event.type !== 'ended') return { accepted: event.type === 'accepted' ? event.length : 0, ended: false };
    if (event.status !== 0 || input) {
      const why = escapeText(event.complaint) || 'its program ended early';
      const message = `The export cannot be compressed with ${this.#format}: ${why}. Choose another compression`;
      throw new Failure('Corrupt', message, { what: 'the export' });
    }
    return { accepted: 0, ended: true };
  }
}
