import { archive, end, member, odcMember, summed } from '../../corpus/cpio.js';
import { cpios } from '../../corpus/cpios.js';
import type { Random } from '../../support/random.js';
import type { Target } from '../target.js';
import { readInPieces } from './tar.js';

const some = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)] as Item;
const numbers = ['0', '1', '2', '4', '5', '8', 'fff', '1000', '81a4', 'a1ff', '41ed', 'ffffffff', '7777', 'x'] as const;

/** Puts a number into a field of a header, or a member before another. */
function mutate(input: Buffer, random: Random): Buffer {
  const headers = [...input.toString('latin1').matchAll(/07070[127]/g)].map(({ index }) => index);
  const at = some(random, headers);
  if (at === undefined) return Buffer.concat([member({ name: 'a', data: 'x' }), input]);
  if (random(4) === 0) {
    const fields = {
      name: some(random, ['a', 'b/', '../c', '.', 'TRAILER!!!']),
      data: some(random, ['', 'x', 'data']),
    };
    const more = { inode: random(3), links: random(4), mode: some(random, [0o100644, 0o120777, 0o40755, 0o20644]) };
    return Buffer.concat([input.subarray(0, at), member({ ...fields, ...more }), input.subarray(at)]);
  }
  const width = input[at + 5] === 0x37 ? 6 : 8;
  const field = at + 6 + width * random(13);
  const text = some(random, numbers).padStart(width, '0').slice(-width);
  if (field + width <= input.length) input.write(text, field, 'latin1');
  return input;
}

export const cpio: Target = {
  name: 'cpio',
  lengthMax: 4096,
  dictionary: ['070701', '070702', '070707', 'TRAILER!!!\0', '00000000', 'ffffffff', '../', './', '\0\0\0\0'],
  seeds: () =>
    [
      Buffer.concat([odcMember({ name: 'a', data: 'x' }), odcMember({ name: 'TRAILER!!!' })]),
      Buffer.concat([summed({ name: 'a', data: 'text' }, 453), end]),
      archive({ name: 'a', links: 2 }, { name: 'b', links: 2, data: 'x' }),
      ...Object.values(cpios),
    ].filter(({ length }) => length <= cpio.lengthMax),
  run: readInPieces,
  mutate,
};
