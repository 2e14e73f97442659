import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checksumFits, decodeHeader, decodeNumber, padding } from '../../../../../service/formats/tar/header.js';
import { header, numberField } from '../../../../corpus/tar.js';

describe('numbers of a header', () => {
  const cases: readonly [string, number][] = [
    ['0000644\0', 0o644],
    ['   644 \0', 0o644],
    ['77777777', 0o77777777],
    ['\0\0\0\0\0\0\0\0', 0],
    ['        ', 0],
    ['644\0junk', 0o644],
    ['000064x\0', Number.NaN],
    ['8\0', Number.NaN],
    ['-1\0', Number.NaN],
    ['\x80\0\0\0\0\0\x01\0', 256],
    ['\xff\xff\xff\xff\xff\xff\xff\xff', -1],
    ['\xff\xff\xff\xff\xff\xff\xff\0', -256],
    ['\x80\x1f\xff\xff\xff\xff\xff\xff', Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, value] of cases)
    test(JSON.stringify(text), () =>
      assert.equal(decodeNumber(Buffer.from(text.padEnd(8, '\0'), 'latin1'), 0, 8), value),
    );

  test('come back as they were written, octal or base-256', () => {
    for (let power = 0; power < 53; power++) {
      for (const value of [2 ** power - 1, 2 ** power, -(2 ** power)]) {
        const field = Buffer.from(numberField(value, 12), 'latin1');
        assert.equal(decodeNumber(field, 0, 12), value);
      }
    }
  });
});

describe('a header', () => {
  test('has its fields', () => {
    const block = header({
      name: 'b',
      prefix: 'a',
      type: '3',
      mode: 0o4755,
      user: 1,
      group: 2,
      size: 3,
      time: 4,
      target: 't',
      major: 5,
      minor: 6,
    });
    const expected = {
      dialect: 'ustar',
      type: 0x33,
      name: 'a/b',
      target: 't',
      mode: 0o4755,
      user: 1,
      group: 2,
      size: 3,
      modified: 4,
      major: 5,
      minor: 6,
    };
    assert.deepEqual(decodeHeader(block, 0, 0), expected);
    assert.equal(decodeHeader(header({ dialect: 'gnu', prefix: 'a', name: 'b' }), 0, 0).name, 'b');
    assert.equal(decodeHeader(header({ dialect: 'v7', name: 'b' }), 0, 0).dialect, 'v7');
  });

  test('with one bit changed does not fit its checksum', () => {
    const block = header({ name: '\xe4name' });
    for (let bit = 0; bit < 512 * 8; bit++) {
      const changed = Buffer.from(block);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // Behind the number, the checksum's own field may hold anything.
      if (bit >> 3 >= 148 && bit >> 3 < 156) continue;
      assert.equal(checksumFits(changed, 0), false, `bit ${bit}`);
    }
    assert.ok(checksumFits(block, 0));
  });

  test('is followed by whole blocks', () => {
    assert.deepEqual([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
  });
});
