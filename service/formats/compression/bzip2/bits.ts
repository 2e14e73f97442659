/** A run of bits, the most significant of each byte first, beginning with the first byte's. */
export interface Bits {
  bytes: Buffer;
  length: number;
}

/** `count` bits (at most 32) at a bit offset, as an unsigned number. */
export function readBits(bytes: Buffer, offset: number, count: number): number {
  let value = 0;
  for (let position = offset; position < offset + count; ) {
    const within = position & 7;
    const taken = Math.min(8 - within, offset + count - position);
    const part = ((bytes[position >> 3] ?? 0) >> (8 - within - taken)) & ((1 << taken) - 1);
    value = value * 2 ** taken + part;
    position += taken;
  }
  return value;
}

/** Copies the bits [start, end) to the beginning of new bytes; what is left of the last byte is zero. */
export function sliceBits(bytes: Buffer, start: number, end: number): Bits {
  const length = end - start;
  const [first, shift] = [start >> 3, start & 7];
  // In words of the machine, which is four times as fast as in bytes; the last one makes way for what is shifted in.
  const words = new Uint32Array(Math.ceil((length + shift) / 32) + 1);
  const whole = Buffer.from(words.buffer);
  bytes.copy(whole, 0, first, Math.ceil(end / 8));
  if (shift !== 0) {
    whole.swap32();
    let current = words[0] ?? 0;
    for (let index = 1; index < words.length; index++) {
      const next = words[index] ?? 0;
      words[index - 1] = (current << shift) | (next >>> (32 - shift));
      current = next;
    }
    whole.swap32();
  }
  const result = whole.subarray(0, Math.ceil(length / 8));
  const rest = length & 7;
  const last = result.length - 1;
  if (rest !== 0) result[last] = (result[last] ?? 0) & (0xff << (8 - rest));
  return { bytes: result, length };
}

/** One run behind the other. */
export function joinBits(first: Bits, second: Bits): Bits {
  const length = first.length + second.length;
  const bytes = Buffer.alloc(Math.ceil(length / 8));
  first.bytes.copy(bytes);
  const shift = first.length & 7;
  const base = first.length >> 3;
  second.bytes.forEach((byte, index) => {
    bytes[base + index] = (bytes[base + index] ?? 0) | (byte >> shift);
    if (shift !== 0 && base + index + 1 < bytes.length) bytes[base + index + 1] = byte << (8 - shift);
  });
  return { bytes, length };
}
