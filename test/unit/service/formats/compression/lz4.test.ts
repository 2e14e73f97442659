import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAll, filter, hostWithout, sample } from '../../../../support/formats/codecs.js';
import { needs } from '../../../../support/needs.js';
import { cannotBeDecoded } from '../../../../support/texts/formats.js';

const skippable = Buffer.from('5a2a4d1803000000616263', 'hex');

test('lz4 frames with skippable ones before, between and behind them are decoded', (t) => {
  if (!needs(t, { programs: ['lz4'] })) return;
  const frame = filter('lz4', ['-c'], sample(100_000));
  const large = Buffer.alloc(100_008, 'x');
  large.writeUInt32LE(0x184d2a50, 0);
  large.writeUInt32LE(100_000, 4);
  const data = Buffer.concat([large, skippable, frame, skippable, skippable, frame, skippable]);
  for (const step of [1, 100_000]) {
    const decoded = decodeAll(data, {}, step);
    assert.equal(decoded.format, 'lz4');
    assert.deepEqual(decoded.data, Buffer.concat([sample(100_000), sample(100_000)]));
  }
});

test('an lz4 frame that needs a dictionary is refused', (t) => {
  if (!needs(t, { programs: ['lz4'] })) return;
  const frame = filter('lz4', ['-c'], sample(100));
  frame.writeUInt8(frame.readUInt8(4) | 1, 4);
  assert.throws(() => decodeAll(frame), {
    kind: 'UnsupportedFormat',
    message: `The data ${cannotBeDecoded('lz4', 'a dictionary')} none`,
  });
});

for (const host of [undefined, hostWithout(['xz'])]) {
  const by = host === undefined ? 'its library' : 'a program';
  const options = host === undefined ? {} : { host };

  test(`what lzma wrote is decoded by ${by}, and what is cut or damaged is not`, (t) => {
    if (!needs(t, { programs: ['xz'] })) return;
    for (const size of [0, 1, 65536, 3_000_000]) {
      const encoded = filter('xz', ['--format=lzma', '-1c'], sample(size));
      const decoded = decodeAll(encoded, options, 5000);
      assert.equal(decoded.format, 'lzma');
      assert.ok(decoded.data.equals(sample(size)), `${size} bytes`);
    }
    const encoded = filter('xz', ['--format=lzma', '-1c'], sample(300_000));
    assert.throws(() => decodeAll(encoded.subarray(0, 10_000), options), { kind: 'Corrupt' });
    assert.throws(() => decodeAll(Buffer.concat([encoded, Buffer.from('garbage')]), options), { kind: 'Corrupt' });
    encoded.fill(0x55, 5000, 5100);
    assert.throws(() => decodeAll(encoded, options), { kind: 'Corrupt' });
  });
}

test('an lzma dictionary that is larger than allowed is refused with both', (t) => {
  if (!needs(t, { programs: ['xz'] })) return;
  const encoded = filter('xz', ['--format=lzma', '-6c'], sample(1000));
  assert.throws(() => decodeAll(encoded, { memoryLimit: 1024 * 1024 }), {
    kind: 'UnsupportedFormat',
    message: `The data ${cannotBeDecoded('lzma', 'a dictionary of 8 MiB')} 1 MiB`,
  });
});
