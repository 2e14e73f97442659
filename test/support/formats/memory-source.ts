import type { ByteSource } from '../../../service/formats/bytes.js';

/** A source that gives at most `step` bytes at a time. */
export function memorySource(data: Buffer, step = Number.POSITIVE_INFINITY): ByteSource {
  let position = 0;
  return {
    read: (buffer, offset, length) => {
      const copied = data.copy(buffer, offset, position, position + Math.min(length, step));
      position += copied;
      return copied;
    },
  };
}
