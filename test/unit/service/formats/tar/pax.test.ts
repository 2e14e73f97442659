import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePax, readTime } from '../../../../../service/formats/tar/pax.js';
import { noise, paxRecord } from '../../../../corpus/tar.js';

describe('extended headers', () => {
  test('keep bytes', () => {
    const value = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    const text = paxRecord('a', value) + paxRecord('b', '') + paxRecord('c', 'x'.repeat(95)) + paxRecord('a', '2');
    const { values } = parsePax(text, 0);
    assert.deepEqual(
      [...values],
      [
        ['a', '2'],
        ['b', ''],
        ['c', 'x'.repeat(95)],
      ],
    );
  });

  test('of noise are refused or read, and nothing else', () => {
    for (let seed = 0; seed < 500; seed++) {
      const digits = Array.from(noise(40, seed), (byte) => '0123456789 =\na'[byte % 14]).join('');
      try {
        parsePax(digits, 0);
      } catch (error) {
        assert.match(String(error), /extended header/);
      }
    }
  });

  const times: readonly [string, number, number][] = [
    ['0', 0, 0],
    ['1.5', 1, 500_000_000],
    ['1.', 1, 0],
    ['1.0000000019', 1, 1],
    ['-1', -1, 0],
    ['-1.25', -2, 750_000_000],
    ['-0.5', -1, 500_000_000],
  ];
  for (const [text, seconds, nanoseconds] of times)
    test(`time ${text}`, () => assert.deepEqual(readTime(text), { seconds, nanoseconds }));
  for (const text of ['', '.', 'x', '1e3', '1,5', '1.5x', '--1', '9'.repeat(30)])
    test(`no time: ${JSON.stringify(text)}`, () => assert.equal(readTime(text), undefined));
});
