import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure } from '../../../../../common/failure.js';
import { openDecoder } from '../../../../../service/formats/compression/decoder.js';
import { failureOf } from '../../../../support/failures.js';
import { decodeAll, encodings, filter, ordinary, sample } from '../../../../support/formats/codecs.js';
import { memorySource } from '../../../../support/formats/memory-source.js';
import { needs } from '../../../../support/needs.js';
import { tally } from '../../../../support/tally.js';
import {
  cannotBeDecoded,
  contentsContradictGzip,
  isDamaged,
  otherBytesFollow,
} from '../../../../support/texts/formats.js';

const kib = 1024;
const mib = 1024 * kib;

const contradictions = {
  gzip: contentsContradictGzip,
  xz: 'its contents contradict xz or their own checksum',
  zstd: 'its contents contradict zstd or their own checksum',
  bzip2: 'its contents contradict bzip2 or their own checksum',
  lz4: 'its contents contradict lz4 or their own checksum',
  lzma: 'its contents contradict lzma',
};

for (const { format, program, parameters } of encodings) {
  const name = [program, ...parameters].join(' ');
  test(`what ${name} wrote is decoded, whatever its size`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const borders = [64 * kib, 100_000, 128 * kib, 900_000, mib].flatMap((size) => [size - 1, size, size + 1]);
    for (const size of [0, 1, 4095, ...borders, 3 * mib + 17]) {
      const plain = sample(size);
      const decoded = decodeAll(filter(program, parameters, plain), { threads: 2 });
      assert.equal(decoded.format, format);
      assert.ok(decoded.data.equals(plain), `${size} bytes`);
    }
  });

  test(`what ${name} wrote is decoded, however it comes and is taken`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const plain = sample(200_000);
    const encoded = filter(program, parameters, plain);
    for (const threads of [1, 2]) {
      for (const [step, room] of [
        [1, mib],
        [7, 100],
        [65536, 1],
        [4096, 65536],
      ]) {
        const { data } = decodeAll(encoded, { threads }, step, room);
        assert.ok(data.equals(plain), `${threads} threads, ${step} bytes in, ${room} out`);
      }
    }
  });
}

for (const { format, program, parameters } of ordinary) {
  test(`all streams of a ${format} file are decoded`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const parts = [sample(1000), Buffer.alloc(0), sample(700_000), sample(1)];
    const encoded = Buffer.concat(parts.map((part) => filter(program, parameters, part)));
    for (const step of [1, 100_000]) {
      assert.ok(decodeAll(encoded, {}, step).data.equals(Buffer.concat(parts)), `${step} bytes at a time`);
    }
  });

  test(`a ${format} file that was cut says so, wherever it was cut`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const encoded = filter(program, parameters, sample(500));
    tally('hostile inputs', encoded.length - 6);
    for (let length = 6; length < encoded.length; length++) {
      const options = { threads: 1 + (length % 2), subject: 'a.raw' };
      const failure = failureOf(() => decodeAll(encoded.subarray(0, length), options));
      assert.equal(failure.kind, 'Corrupt');
      assert.match(
        failure.message,
        new RegExp(`^a\\.raw ends early after ${length} bytes of ${format} data: .*truncated`),
      );
      assert.deepEqual(failure.facts, { what: `truncated ${format} data`, offset: length });
    }
  });

  test(`a second ${format} stream that was cut says so`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const stream = filter(program, parameters, sample(100));
    tally('hostile inputs', stream.length - 1);
    for (let length = 1; length < stream.length; length++) {
      const failure = failureOf(() => decodeAll(Buffer.concat([stream, stream.subarray(0, length)])));
      assert.match(failure.message, /^The data ends early after/);
    }
  });

  test(`bytes after the ${format} data are an error`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const encoded = filter(program, parameters, sample(500));
    tally('hostile inputs', 5);
    for (const garbage of ['x', '\n', '\0\0\0\0x', 'garbage that is longer than any header', 'PK\x03\x04']) {
      const failure = failureOf(() => decodeAll(Buffer.concat([encoded, Buffer.from(garbage)])));
      assert.equal(failure.kind, 'Corrupt');
      assert.match(failure.message, new RegExp(`^${otherBytesFollow('the data', format, encoded.length)}; `));
    }
  });

  test(`bytes after the ${format} data are left out and counted where they may be`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const plain = sample(300_000);
    const encoded = filter(program, parameters, plain);
    const rests = [
      'x',
      '\n',
      '\0\0\0\0x',
      '\0\0\0',
      'PK\x03\x04',
      '\x7e\x84\x07\x23 # certificate',
      'long'.repeat(200_000),
    ];
    tally('hostile inputs', rests.length);
    for (const rest of rests) {
      for (const [step, threads] of [
        [undefined, 2],
        [997, 1],
      ] as const) {
        const whole = Buffer.concat([encoded, encoded, Buffer.from(rest, 'latin1')]);
        const decoded = decodeAll(whole, { ignoreTrailing: true, threads }, step);
        assert.ok(decoded.data.equals(Buffer.concat([plain, plain])));
        const isPadding = rest === '\0\0\0' && (format === 'gzip' || format === 'bzip2');
        assert.equal(decoded.ignoredBytes, isPadding ? 0 : rest.length, JSON.stringify(rest.slice(0, 40)));
      }
    }
  });

  test(`a second ${format} stream that is damaged is not left out`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const encoded = filter(program, parameters, sample(500));
    const cut = encoded.subarray(0, -1);
    assert.throws(() => decodeAll(Buffer.concat([encoded, cut]), { ignoreTrailing: true }), { kind: 'Corrupt' });
  });

  test(`no damaged byte of a ${format} file goes unnoticed`, (t) => {
    if (!needs(t, { programs: [program] })) return;
    const plain = sample(500);
    const encoded = filter(program, parameters, plain);
    const says: string[] = [];
    tally('hostile inputs', 4 * encoded.length);
    for (let position = 0; position < encoded.length; position++) {
      for (const [flip, threads] of [
        [0x01, 1],
        [0x10, 2],
        [0x80, 1],
        [0xff, 2],
      ] as const) {
        const damaged = Buffer.from(encoded);
        damaged.writeUInt8(damaged.readUInt8(position) ^ flip, position);
        let decoded: ReturnType<typeof decodeAll>;
        try {
          decoded = decodeAll(damaged, { threads });
        } catch (error) {
          assert.ok(error instanceof Failure && ['Corrupt', 'UnsupportedFormat'].includes(error.kind), String(error));
          says.push(error.message);
          continue;
        }
        // The magic number is gone, or it was a field without consequence, as the time of gzip.
        const harmless = decoded.format === 'uncompressed' ? damaged : plain;
        assert.ok(decoded.data.equals(harmless), `byte ${position} ^ ${flip}`);
      }
    }
    assert.ok(says.length > encoded.length * 3, `${says.length} noticed`);
    const detail = contradictions[format];
    const damage = new RegExp(`^The data ${isDamaged(detail, '\\d+', format)}$`);
    assert.ok(says.some((message) => damage.test(message)));
  });
}

test('what an xz file needs and the library has not is named', (t) => {
  if (!needs(t, { programs: ['xz'] })) return;
  const encoded = filter('xz', ['-c'], sample(1000));
  const blockHeader = Buffer.from(encoded.subarray(12, 24));
  // The filter of the only block: LZMA2 has 0x21.
  blockHeader.writeUInt8(0x22, 2);
  blockHeader.writeUInt32LE(crc32(blockHeader.subarray(0, 8)), 8);
  const changed = Buffer.concat([encoded.subarray(0, 12), blockHeader, encoded.subarray(24)]);
  // A kind of check that nobody has: the flags follow the magic number.
  const header = Buffer.from(encoded.subarray(0, 12));
  header.writeUInt8(0x02, 7);
  header.writeUInt32LE(crc32(header.subarray(6, 8)), 8);
  for (const threads of [1, 2]) {
    assert.equal(
      failureOf(() => decodeAll(changed, { threads })).message,
      `The data ${cannotBeDecoded('xz', 'other filters')} those of the installed liblzma`,
    );
    assert.equal(
      failureOf(() => decodeAll(Buffer.concat([header, encoded.subarray(12)]), { threads })).message,
      `The data ${cannotBeDecoded('xz', 'another kind of check')} CRC32, CRC64, SHA-256 or none`,
    );
  }
});

/** The checksum of gzip and xz. */
function crc32(bytes: Buffer): number {
  return gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);
}

test('zero bytes after gzip, and in fours after xz, are padding', (t) => {
  if (!needs(t, { programs: ['gzip', 'xz'] })) return;
  const plain = sample(1000);
  const gzip = filter('gzip', ['-c'], plain);
  const xz = filter('xz', ['-c'], plain);
  const zeros = (count: number) => Buffer.alloc(count);
  const good = [
    [gzip, zeros(1)],
    [gzip, zeros(1_000_000)],
    [xz, zeros(4)],
    [xz, zeros(1_000_000)],
  ];
  for (const pieces of good) assert.ok(decodeAll(Buffer.concat(pieces)).data.equals(plain));
  const twice = decodeAll(Buffer.concat([xz, zeros(8), xz, zeros(4)]));
  assert.ok(twice.data.equals(Buffer.concat([plain, plain])));
  for (const count of [1, 2, 3, 5]) {
    assert.match(
      failureOf(() => decodeAll(Buffer.concat([xz, zeros(count)]))).message,
      new RegExp(`^${otherBytesFollow('the data', 'xz', xz.length)}; `),
    );
  }
  assert.equal(failureOf(() => decodeAll(Buffer.concat([gzip, zeros(9), gzip]))).kind, 'Corrupt');
});

test('zstd files may hold skippable frames anywhere', (t) => {
  if (!needs(t, { programs: ['zstd'] })) return;
  const skippable = Buffer.concat([Buffer.of(0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0), Buffer.from('hello')]);
  const frame = filter('zstd', ['-qc'], sample(1000));
  const decoded = decodeAll(Buffer.concat([skippable, frame, skippable, skippable, frame, skippable]));
  assert.equal(decoded.format, 'zstd');
  assert.ok(decoded.data.equals(Buffer.concat([sample(1000), sample(1000)])));
});

test('data that is not compressed passes unchanged', () => {
  for (const size of [0, 1, 5, 17, 18, 19, 300_000]) {
    for (const step of [1, 1000, mib]) {
      const decoded = decodeAll(sample(size), {}, step, 70_000);
      assert.equal(decoded.format, 'uncompressed');
      assert.ok(decoded.data.equals(sample(size)));
    }
  }
});

test('a decoder gives what it has before it asks for more than it needs', (t) => {
  if (!needs(t, { programs: ['gzip', 'xz', 'zstd', 'bzip2', 'lz4'] })) return;
  for (const { format, program, parameters } of ordinary) {
    const encoded = filter(program, parameters, sample(3 * mib));
    let taken = 0;
    const source = memorySource(encoded, 4096);
    using decoder = openDecoder(
      {
        read: (buffer, offset, length) => {
          const count = source.read(buffer, offset, length);
          taken += count;
          return count;
        },
      },
      { threads: 1 },
    );
    const produced = decoder.read(Buffer.alloc(16 * mib), 0, 16 * mib);
    assert.ok(produced >= 64 * kib, `${format}: ${produced}`);
    assert.ok(taken < encoded.length / 2, `${format}: ${taken} of ${encoded.length}`);
  }
});
