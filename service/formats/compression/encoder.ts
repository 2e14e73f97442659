import { availableParallelism } from 'node:os';
import type { ByteSink, Encoder } from '../bytes.js';
import { openBlockEncoder, type StartBlockThread } from './block-encoder.js';
import { openBzip2Encoder } from './bzip2/bzip2.js';
import { openChildEncoder } from './child-codecs.js';
import type { Engine } from './engine.js';
import { faultFailure } from './failures.js';
import type { EncodedFormat } from './format.js';
import { openGzipEncoder } from './gzip.js';
import { type CodecHost, codecHost, notInstalled } from './host.js';
import { openXzEncoder } from './xz.js';
import { openZstdEncoder } from './zstd.js';

export interface EncoderOptions {
  /** Threads at most; as many as there are processors unless given. */
  threads?: number;
  /** As the format's own tool understands it; xz 6, zstd 3, gzip 6, bzip2 9 unless given. */
  level?: number;
  /** Where libraries and programs come from. */
  host?: CodecHost;
  /** Starts a thread for formats whose library has none of its own; without it they are encoded on one. */
  startThread?: StartBlockThread;
}

const defaultLevels: Record<EncodedFormat, number> = { gzip: 6, xz: 6, zstd: 3, bzip2: 9 };
const outputSize = 256 * 1024;
const noBytes = Buffer.alloc(1);

/**
 * Encodes what is written to it.
 *
 * @throws Failure UnsupportedFormat without library and program of the format, Error when the library does not start
 */
export function openEncoder(
  format: EncodedFormat | 'uncompressed',
  sink: ByteSink,
  options: EncoderOptions = {},
): Encoder {
  if (format === 'uncompressed') return passThrough(sink);
  const { host = codecHost(), threads = availableParallelism(), level = defaultLevels[format], startThread } = options;
  const parallel = threads > 1 && startThread ? openBlockEncoder(format, level, sink, threads, startThread) : undefined;
  if (parallel !== undefined) return parallel;
  const engine = openEngine(format, level, threads, host);
  const encoder = engine
    ? new EngineEncoder(engine, sink, format)
    : openChildEncoder(format, sink, level, threads, host);
  if (!encoder) throw notInstalled('The export', format);
  return encoder;
}

function openEngine(format: EncodedFormat, level: number, threads: number, host: CodecHost): Engine | undefined {
  switch (format) {
    case 'gzip':
      return openGzipEncoder(host.loadLibrary, level);
    case 'xz':
      return openXzEncoder(host.loadLibrary, level, threads);
    case 'zstd':
      return openZstdEncoder(host.loadLibrary, level, threads);
    case 'bzip2':
      return openBzip2Encoder(host.loadLibrary, level);
  }
}

class EngineEncoder implements Encoder {
  readonly #engine: Engine;
  readonly #sink: ByteSink;
  readonly #format: string;
  readonly #output = Buffer.allocUnsafeSlow(outputSize);
  #filled = 0;

  constructor(engine: Engine, sink: ByteSink, format: string) {
    this.#engine = engine;
    this.#sink = sink;
    this.#format = format;
  }

  write(buffer: Buffer, offset: number, length: number): void {
    const end = offset + length;
    for (let position = offset; position < end; ) position += this.#step(buffer, position, end, false).consumed;
  }

  finish(): void {
    while (!this.#step(noBytes, 0, 0, true).ended);
    this.#flush();
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }

  #step(input: Buffer, inputStart: number, inputEnd: number, last: boolean): { consumed: number; ended: boolean } {
    const result = this.#engine.run({
      input,
      inputStart,
      inputEnd,
      output: this.#output,
      outputStart: this.#filled,
      outputEnd: outputSize,
      last,
    });
    if (result.fault) throw faultFailure('The export', this.#format, 0, result.fault);
    this.#filled += result.produced;
    if (this.#filled === outputSize) this.#flush();
    return result;
  }

  #flush(): void {
    if (this.#filled > 0) this.#sink.write(this.#output, 0, this.#filled);
    this.#filled = 0;
  }
}

function passThrough(sink: ByteSink): Encoder {
  return {
    write: (buffer, offset, length) => sink.write(buffer, offset, length),
    finish: () => {},
    [Symbol.dispose]: () => {},
  };
}
