import { availableParallelism } from 'node:os';
import { decoderMemoryMax } from '../../../common/sizes.js';
import type { ByteSource } from '../bytes.js';
import { openBzip2Decoder } from './bzip2/bzip2.js';
import { openParallelBzip2Decoder } from './bzip2/bzip2-parallel.js';
import { type ChildOptions, openChildDecoder } from './child-codecs.js';
import type { DecodeEngine } from './engine.js';
import { type CompressedFormat, type CompressionFormat, sniff, sniffLength } from './format.js';
import { openGzipDecoder } from './gzip.js';
import { type CodecHost, codecHost, notInstalled } from './host.js';
import { InputWindow } from './input.js';
import { openLz4Decoder } from './lz4.js';
import { openLzmaDecoder } from './lzma.js';
import { StreamsDecoder } from './streams.js';
import { openXzDecoder } from './xz.js';
import { openZstdDecoder } from './zstd.js';

export interface DecoderOptions {
  /** Threads at most; as many as there are processors unless given. */
  threads?: number;
  /** Largest xz dictionary and zstd window, in bytes; 128 MiB unless given. */
  memoryLimit?: number;
  /** How messages call the data, at the beginning of a sentence; `The data` unless given. */
  subject?: string;
  /** Whether bytes after the last stream are left out, and counted, rather than refused. Not done by programs in place of libraries. */
  ignoreTrailing?: boolean;
  /** Where libraries and programs come from. */
  host?: CodecHost;
}

/**
 * Decoded bytes. Disposal frees the library's memory, not the source.
 *
 * @throws Failure, from `read`, Corrupt when the data is truncated, damaged or followed by something else, UnsupportedFormat
 * when it needs more memory than allowed or features that the library lacks; what the source throws
 */
export interface Decoder extends ByteSource, Disposable {
  readonly format: CompressionFormat;
  /** How many bytes after the end of the compressed data were left out, once all has been read. */
  readonly ignoredBytes: number;
}

/**
 * Decodes what `source` gives, by its first bytes; whole files of several streams, and bytes that are not compressed as
 * they are. Reads its first bytes from the source.
 *
 * @throws Failure UnsupportedFormat for compressions that Ferry does not read, or without library and program of the format,
 * Error when the library does not start; what the source throws
 */
export function openDecoder(source: ByteSource, options: DecoderOptions = {}): Decoder {
  const window = new InputWindow(source);
  const subject = options.subject ?? 'The data';
  const format = formatOf(window, subject);
  if (format === 'uncompressed') return passThrough(source, window);
  const { host = codecHost(), memoryLimit = decoderMemoryMax, threads = availableParallelism() } = options;
  const { ignoreTrailing = false } = options;
  const limits = { threads, memoryLimit };
  const engine = openEngine(format, limits, host);
  const decoder: (ByteSource & Disposable & { ignoredBytes?: number }) | undefined = engine
    ? new StreamsDecoder(engine, window, format, subject, ignoreTrailing)
    : openChildDecoder(format, window, subject, limits, host);
  if (!decoder) throw notInstalled(subject, format);
  return {
    format,
    get ignoredBytes() {
      return decoder.ignoredBytes ?? 0;
    },
    read: (buffer, offset, length) => decoder.read(buffer, offset, length),
    [Symbol.dispose]: () => decoder[Symbol.dispose](),
  };
}

/** Whose the skippable frames are that a file begins with is seen behind them: zstd and lz4 share these. */
function formatOf(window: InputWindow, subject: string): CompressionFormat {
  const format = sniff(window.peek(sniffLength), subject);
  const isSkippable = format === 'zstd' && window.buffer[window.start + 1] === 0x2a;
  return isSkippable ? sniff(window.peek(window.buffer.length), subject) : format;
}

function openEngine(format: CompressedFormat, limits: ChildOptions, host: CodecHost): DecodeEngine | undefined {
  switch (format) {
    case 'gzip':
      return openGzipDecoder(host.loadLibrary);
    case 'xz':
      return openXzDecoder(host.loadLibrary, limits);
    case 'zstd':
      return openZstdDecoder(host.loadLibrary, limits.memoryLimit);
    case 'lz4':
      return openLz4Decoder(host.loadLibrary);
    case 'lzma':
      return openLzmaDecoder(host.loadLibrary, limits.memoryLimit);
    case 'bzip2': {
      const parallel = limits.threads > 1 ? openParallelBzip2Decoder(host.loadLibrary, limits.threads) : undefined;
      return parallel ?? openBzip2Decoder(host.loadLibrary);
    }
  }
}

function passThrough(source: ByteSource, window: InputWindow): Decoder {
  return {
    format: 'uncompressed',
    ignoredBytes: 0,
    read: (buffer, offset, length) => {
      if (window.length === 0) return window.atEnd ? 0 : source.read(buffer, offset, length);
      const copied = window.buffer.copy(buffer, offset, window.start, Math.min(window.end, window.start + length));
      window.consume(copied);
      return copied;
    },
    [Symbol.dispose]: () => {},
  };
}
