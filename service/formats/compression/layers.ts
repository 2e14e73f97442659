import type { ByteSource } from '../bytes.js';
import { type Decoder, type DecoderOptions, openDecoder } from './decoder.js';

/** So many compressions, one around the other, are undone. What is found below them is for those to judge who take the bytes. */
const layersMax = 2;

/**
 * As `openDecoder`, and what comes out of it is decoded once more if it is compressed too. That is looked at with the first read.
 *
 * @throws Failure UnsupportedFormat for compressions that Ferry does not read, or without library and program of the format,
 * Error when the library does not start; what the source throws
 */
export function openLayeredDecoder(source: ByteSource, options: DecoderOptions = {}, layers = layersMax): Decoder {
  const outer = openDecoder(source, options);
  if (outer.format === 'uncompressed' || layers <= 1) return outer;
  let inner: Decoder | undefined;
  return {
    format: outer.format,
    get ignoredBytes() {
      return outer.ignoredBytes + (inner?.ignoredBytes ?? 0);
    },
    read(buffer, offset, length) {
      inner ??= openLayeredDecoder(outer, options, layers - 1);
      return inner.read(buffer, offset, length);
    },
    [Symbol.dispose]() {
      inner?.[Symbol.dispose]();
      outer[Symbol.dispose]();
    },
  };
}
