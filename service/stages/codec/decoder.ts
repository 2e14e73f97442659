import { availableParallelism } from 'node:os';
import type { ByteSource } from '../bytes.js';
import { openBzip2Decoder } from './bzip2.js';
import type { DecodeEngine } from './engine.js';
import { type CompressionFormat, SNIFF_LENGTH, sniff } from './format.js';
import { openGzipDecoder } from './gzip.js';
import { InputWindow } from './input.js';
import { hostLibraries, type LibraryLoader } from './library.js';
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
  /** Where the compression libraries come from; the host unless given. */
  loadLibrary?: LibraryLoader;
}

/**
 * Decoded bytes. Reads throw Failure: Corrupt (truncated, damaged, or followed by something else), or UnsupportedFormat
 * (more memory than allowed, features that the library lacks). Disposal frees the library's memory, not the source.
 */
export interface Decoder extends ByteSource, Disposable {
  readonly format: CompressionFormat;
}

const MEMORY_LIMIT = 128 * 1024 * 1024;

/**
 * Decodes what `source` gives, by its first bytes; whole files of several streams, and bytes that are not compressed as
 * they are. Reads once from the source. Throws UnsupportedFormat for compressions that Ferry does not read.
 */
export function openDecoder(source: ByteSource, options: DecoderOptions = {}): Decoder {
  const window = new InputWindow(source);
  const subject = options.subject ?? 'The data';
  const format = sniff(window.peek(SNIFF_LENGTH), subject);
  if (format === 'uncompressed') return passThrough(source, window);
  const engine = openEngine(format, options);
  if (!engine) throw new Error('TODO');
  const decoder = new StreamsDecoder(engine, window, format, subject);
  return {
    format,
    read: (buffer, offset, length) => decoder.read(buffer, offset, length),
    [Symbol.dispose]: () => decoder[Symbol.dispose](),
  };
}

function openEngine(format: Exclude<CompressionFormat, 'uncompressed'>, options: DecoderOptions): DecodeEngine | null {
  const { loadLibrary = hostLibraries, memoryLimit = MEMORY_LIMIT, threads = availableParallelism() } = options;
  switch (format) {
    case 'gzip':
      return openGzipDecoder(loadLibrary);
    case 'xz':
      return openXzDecoder(loadLibrary, { threads, memoryLimit });
    case 'zstd':
      return openZstdDecoder(loadLibrary, memoryLimit);
    case 'bzip2':
      return openBzip2Decoder(loadLibrary);
  }
}

function passThrough(source: ByteSource, window: InputWindow): Decoder {
  return {
    format: 'uncompressed',
    read: (buffer, offset, length) => {
      if (window.length === 0) return window.atEnd ? 0 : source.read(buffer, offset, length);
      const copied = window.buffer.copy(buffer, offset, window.start, Math.min(window.end, window.start + length));
      window.consume(copied);
      return copied;
    },
    [Symbol.dispose]: () => {},
  };
}
