import { strict as assert } from 'node:assert';
import { Failure } from '../../../common/failure.js';
import { openLayeredDecoder } from '../../../service/formats/compression/layers.js';
import { frames } from '../../corpus/lz4.js';
import { memorySource } from '../../support/formats/memory-source.js';
import type { Target } from '../target.js';

/** What decoding comes to: how many bytes, and how it ended. It is not followed beyond 16 MiB. */
function decode(input: Buffer, step: number): string {
  const room = Buffer.alloc(64 * 1024);
  let bytes = 0;
  try {
    using decoder = openLayeredDecoder(memorySource(input, step), { ignoreTrailing: true });
    for (let count = 1; count > 0 && bytes < 1 << 24; bytes += count) count = decoder.read(room, 0, room.length);
    return `${bytes} ${decoder.ignoredBytes}`;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.ok(error.kind === 'Corrupt' || error.kind === 'UnsupportedFormat', error.kind);
    return error.kind;
  }
}

export const lz4: Target = {
  name: 'lz4',
  lengthMax: 4096,
  dictionary: [
    '\x04\x22\x4d\x18',
    '\x50\x2a\x4d\x18',
    '\x02\x21\x4c\x18',
    '\0\0\0\0',
    '\xff\xff\xff\xff',
    '\x60\x40\x82',
  ],
  seeds: () => Object.values(frames).filter(({ length }) => length <= lz4.lengthMax),
  run: (input) => {
    const whole = decode(input, input.length);
    if (((input.at(-1) ?? 0) + input.length) % 4 === 0) assert.equal(decode(input, 1 + (input.length % 90)), whole);
  },
};
