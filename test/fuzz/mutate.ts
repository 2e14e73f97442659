import type { Random } from '../support/random.js';
import type { Target } from './target.js';

/** What has to be known of a target to vary its inputs. */
type Variable = Pick<Target, 'dictionary' | 'lengthMax' | 'mutate' | 'repair'>;

const interesting = [0, 1, -1, 2, 7, 8, 16, 32, 64, 100, 127, 128, 255, 256, 511, 512, 513, 1024, 4096, 32767, 65535];
const decimals = [
  '0',
  '-1',
  '1',
  '8',
  '9',
  '511',
  '512',
  '513',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
];

type Mutator = (input: Buffer, random: Random, target: Variable, other: Buffer) => Buffer;

const mutators: readonly Mutator[] = [
  (input, random) => {
    const at = random(input.length);
    input[at] = (input[at] ?? 0) ^ (1 << random(8));
    return input;
  },
  (input, random) => {
    input[random(input.length)] = random(256);
    return input;
  },
  (input, random) => {
    const at = random(input.length);
    input[at] = (input[at] ?? 0) + random(33) - 16;
    return input;
  },
  (input, random) => {
    const [size, value] = [2 ** random(4), interesting[random(interesting.length)] ?? 0];
    const number = Buffer.alloc(8);
    if (random(2)) number.writeBigInt64BE(BigInt.asIntN(64, BigInt(value) << BigInt(random(4) === 0 ? random(56) : 0)));
    else number.writeBigInt64LE(BigInt(value));
    const bytes = random(2) ? number.subarray(8 - size) : number.subarray(0, size);
    bytes.copy(input, random(input.length));
    return input;
  },
  (input, random) => {
    const [start, end] = range(input, random);
    return Buffer.concat([input.subarray(0, start), input.subarray(end)]);
  },
  (input, random) => {
    const [start, end] = range(input, random);
    const at = random(input.length + 1);
    return Buffer.concat([input.subarray(0, at), input.subarray(start, end), input.subarray(at)]);
  },
  (input, random) => {
    const [start, end] = range(input, random);
    input.copyWithin(random(input.length), start, end);
    return input;
  },
  (input, random) => input.subarray(0, random(input.length + 1)),
  (input, random) => {
    const at = random(input.length + 1);
    const made = Buffer.from(Array.from({ length: 1 + random(16) }, () => random(256)));
    return Buffer.concat([input.subarray(0, at), made, input.subarray(at)]);
  },
  (input, random, { dictionary }) => {
    const word = Buffer.from(dictionary[random(dictionary.length)] ?? '', 'latin1');
    const at = random(input.length + 1);
    if (random(2)) return Buffer.concat([input.subarray(0, at), word, input.subarray(at)]);
    word.copy(input, at);
    return input;
  },
  (input, random, _target, other) =>
    Buffer.concat([input.subarray(0, random(input.length + 1)), other.subarray(random(other.length + 1))]),
  (input, random) => {
    const numbers = [...input.toString('latin1').matchAll(/\d+/g)];
    const chosen = numbers[random(Math.max(1, numbers.length))];
    if (!chosen) return input;
    const text = Buffer.from(decimals[random(decimals.length)] ?? '0');
    const { index } = chosen;
    return Buffer.concat([input.subarray(0, index), text, input.subarray(index + chosen[0].length)]);
  },
];

/** A variation of an input; `other` is one to take pieces from. Neither is changed. */
export function mutated(input: Buffer, other: Buffer, target: Variable, random: Random): Buffer {
  let result: Buffer = Buffer.from(input);
  for (let count = 1 << random(4); count > 0; count--) {
    const knowing = target.mutate !== undefined && random(2) === 0;
    if (knowing && target.mutate) result = target.mutate(result, random);
    else if (result.length === 0) result = Buffer.from(other);
    else result = mutators[random(mutators.length)]?.(result, random, target, other) ?? result;
    // Views of one memory would let the next mutation change what was kept.
    result = Buffer.from(result.subarray(0, target.lengthMax));
  }
  if (random(8) > 0) target.repair?.(result);
  return result;
}

function range(input: Buffer, random: Random): [start: number, end: number] {
  const start = random(input.length);
  const length = 1 + random(random(2) ? 16 : Math.min(1024, input.length));
  return [start, Math.min(input.length, start + length)];
}
