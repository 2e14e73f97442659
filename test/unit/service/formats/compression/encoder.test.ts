import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { type EncoderOptions, openEncoder } from '../../../../../service/formats/compression/encoder.js';
import type { EncodedFormat } from '../../../../../service/formats/compression/format.js';
import { run } from '../../../../support/command.js';
import { decodeAll, filter, hostWithout, sample } from '../../../../support/formats/codecs.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

/** Encodes in pieces of `step` bytes. */
function encode(format: EncodedFormat | 'uncompressed', data: Buffer, options: EncoderOptions, step: number): Buffer {
  const pieces: Buffer[] = [];
  const sink = {
    write: (buffer: Buffer, offset: number, length: number) => {
      assert.ok(length > 0);
      pieces.push(Buffer.from(buffer.subarray(offset, offset + length)));
    },
  };
  using encoder = openEncoder(format, sink, options);
  for (let position = 0; position < data.length; position += step) {
    encoder.write(data, position, Math.min(step, data.length - position));
  }
  encoder.finish();
  return Buffer.concat(pieces);
}

const tools = { gzip: 'gzip', xz: 'xz', zstd: 'zstd', bzip2: 'bzip2' } as const;

for (const format of ['gzip', 'xz', 'zstd', 'bzip2'] as const) {
  test(`${tools[format]} takes what is encoded as ${format}`, (t) => {
    if (!needs(t, { programs: [tools[format]] })) return;
    for (const size of [0, 1, 65536, 900_000, 5_000_001]) {
      for (const threads of [1, 2]) {
        const plain = sample(size);
        const encoded = encode(format, plain, { threads, level: 1 }, size > 65536 ? 300_000 : 1000);
        filter(tools[format], ['-t'], encoded);
        assert.ok(filter(tools[format], ['-dc'], encoded).equals(plain), `${size} bytes, ${threads} threads`);
        assert.ok(decodeAll(encoded).data.equals(plain));
      }
    }
  });

  test(`${format} can be encoded by its program`, (t) => {
    if (!needs(t, { programs: [tools[format]] })) return;
    for (const host of [hostWithout('all'), hostWithout([tools[format]])]) {
      const plain = sample(1_500_000);
      const encoded = encode(format, plain, { host, threads: 2, level: 1 }, 400_000);
      assert.ok(filter(tools[format], ['-dc'], encoded).equals(plain));
    }
  });

  test(`without library and program of ${format} the package is named`, () => {
    assert.throws(
      () => encode(format, sample(1), { host: hostWithout([]) }, 1),
      (error) => error instanceof Failure && /install the package \w+/.test(error.message),
    );
  });
}

test('levels and threads default to those of the tools; xz has CRC64, zstd a checksum', (t) => {
  if (!needs(t, { programs: ['xz', 'zstd'] })) return;
  const xz = encode('xz', sample(1000), {}, 1000);
  assert.equal(xz.readUInt8(7), 4, 'check type of the stream flags');
  const zstd = encode('zstd', sample(1000), {}, 1000);
  assert.equal(zstd.readUInt8(4) & 4, 4, 'checksum flag of the frame header');
});

test('uncompressed passes through', () => {
  assert.ok(encode('uncompressed', sample(1000), {}, 10).equals(sample(1000)));
});

test('the first blocks of xz are short, so that all threads have work on little; ends of blocks may meet those of writes', (t) => {
  if (!needs(t, { programs: ['xz'] })) return;
  const MiB = 1024 * 1024;
  for (const step of [MiB, 700_001]) {
    const plain = Buffer.alloc(18 * MiB, sample(65_537));
    const encoded = encode('xz', plain, { threads: 2, level: 3 }, step);
    assert.ok(filter('xz', ['-dc'], encoded).equals(plain));
    const directory = temporaryDirectory(t);
    writeFileSync(directory.file('x.xz'), encoded);
    const listed = run('xz', ['--robot', '--list', '--verbose', directory.file('x.xz')]);
    const blocks = listed
      .split('\n')
      .flatMap((line) => (line.startsWith('block') ? [Number(line.split('\t')[7])] : []));
    assert.deepEqual(blocks, [4 * MiB, 4 * MiB, 8 * MiB, 2 * MiB]);
  }
});
