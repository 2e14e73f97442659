import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { openChildEncoder } from '../../../../../service/formats/compression/child-codecs.js';
import { openDecoder } from '../../../../../service/formats/compression/decoder.js';
import type { CodecHost } from '../../../../../service/formats/compression/host.js';
import { decodeAll, encodings, filter, hostWithout, ordinary, sample } from '../../../../support/formats/codecs.js';
import { memorySource } from '../../../../support/formats/memory-source.js';
import { like, re } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { isDamaged, neitherLibraryNorProgram, otherBytesFollow } from '../../../../support/texts/formats.js';

for (const { format, program, parameters } of encodings) {
  test(`without its library, what ${program} ${parameters.join(' ')} wrote is decoded by a program`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    for (const size of [0, 1, 65536, 3_000_000]) {
      const plain = sample(size);
      const encoded = filter(program, parameters, plain);
      assert.ok(decodeAll(encoded, { host: hostWithout('all'), threads: 2 }).data.equals(plain), `${size} bytes`);
      const decoded = decodeAll(Buffer.concat([encoded, encoded]), { host: hostWithout([format]) }, 5000);
      assert.ok(decoded.data.equals(Buffer.concat([plain, plain])), `twice ${size} bytes`);
      assert.equal(decoded.format, format);
    }
  });
}

for (const { format, program, parameters } of ordinary) {
  test(`a ${format} program's complaint becomes a failure`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const encoded = filter(program, parameters, sample(1_000_000));
    const damaged = Buffer.from(encoded);
    damaged.fill(0x55, 5000, 5100);
    const table: [Buffer, RegExp][] = [
      [encoded.subarray(0, encoded.length - 1), /^The data (ends early|is damaged)/],
      [encoded.subarray(0, 10_000), /^The data (ends early|is damaged)/],
      [damaged, /^The data (is damaged|ends early)/],
      [
        Buffer.concat([encoded, Buffer.from('garbage, quite a lot')]),
        like`^(${otherBytesFollow('the data', re(/\w+/), re(/\d+/))}|The data (is damaged|ends early))`,
      ],
    ];
    for (const [data, message] of table) {
      for (const host of [hostWithout('all'), hostWithout([program])]) {
        assert.throws(
          () => decodeAll(data, { host }),
          (error) => {
            assert.ok(error instanceof Failure && error.kind === 'Corrupt', String(error));
            assert.match(error.message, message);
            return true;
          },
        );
      }
    }
  });

  test(`without library and program of ${format} the packages are named`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const encoded = filter(program, parameters, sample(10));
    assert.throws(
      () => decodeAll(encoded, { host: hostWithout([]), subject: 'a.raw' }),
      (error) => {
        assert.ok(error instanceof Failure && error.kind === 'UnsupportedFormat');
        assert.match(error.message, new RegExp(`^a\\.raw ${neitherLibraryNorProgram(format)} \\w+.*Debian.*Fedora`));
        return true;
      },
    );
  });
}

test('a program that fails without a word is quoted with its status', (t) => {
  if (!needs(t, { programs: ['xz'] })) return;
  const encoded = filter('xz', ['-c'], sample(10));
  const broken: CodecHost = {
    loadLibrary: () => undefined,
    findProgram: (name) => (name === 'xz' ? '/bin/false' : undefined),
  };
  assert.throws(() => decodeAll(encoded, { host: broken, subject: 'a.raw' }), {
    kind: 'Corrupt',
    message: like`^a\.raw ${isDamaged('its program ended with status 1', re(/\d+/), 'xz')}$`,
  });
  const encoder = openChildEncoder('xz', { write: () => {} }, 6, 1, { ...broken, findProgram: () => '/bin/true' });
  const write = () => {
    for (;;) encoder?.write(sample(100_000), 0, 100_000);
  };
  assert.throws(write, {
    kind: 'Corrupt',
    message: 'The export cannot be compressed with xz: its program ended early. Choose another compression',
  });
});

test('the memory limit holds for programs', (t) => {
  if (!needs(t, { programs: ['xz', 'zstd'] })) return;
  const large = [filter('xz', ['-c', '-9'], sample(1000)), filter('zstd', ['-qc', '--long=27'], sample(20 << 20))];
  for (const encoded of large) {
    assert.throws(
      () => decodeAll(encoded, { host: hostWithout('all'), memoryLimit: 1 << 20 }),
      (error) => error instanceof Failure && error.kind === 'UnsupportedFormat',
    );
  }
});

test('a decoder that is given up leaves no descriptor open', (t) => {
  if (!needs(t, { programs: ['gzip'] })) return;
  const encoded = filter('gzip', ['-c'], sample(5_000_000));
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let turn = 0; turn < 5; turn++) {
    using decoder = openDecoder(memorySource(encoded), { host: hostWithout(['gzip']) });
    decoder.read(Buffer.alloc(1000), 0, 1000);
  }
  assert.equal(open(), before);
});
