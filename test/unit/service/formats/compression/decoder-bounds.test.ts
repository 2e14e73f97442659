import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDecoder } from '../../../../../service/formats/compression/decoder.js';
import { hostLibraries } from '../../../../../service/formats/compression/library.js';
import { failureOf } from '../../../../support/failures.js';
import { decodeAll, filter, sample } from '../../../../support/formats/codecs.js';
import { memorySource } from '../../../../support/formats/memory-source.js';
import { needs } from '../../../../support/needs.js';
import { tally } from '../../../../support/tally.js';

const kib = 1024;
const mib = 1024 * kib;

test('more memory than allowed is refused with need and limit', (t) => {
  if (!needs(t, { programs: ['xz', 'zstd'] })) return;
  const xz = filter('xz', ['-c', '-6'], sample(100_000));
  const zstd = filter('zstd', ['-qc', '--long=24'], sample(mib));
  const hugeWindow = Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3), Buffer.alloc(20)]);
  const hugeSegment = Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0), Buffer.alloc(6, 0xff), Buffer.alloc(9)]);
  const table: [Buffer, number | undefined, string][] = [
    [xz, mib, 'xz data needs a dictionary of 8 MiB, but allowed is 1 MiB'],
    [zstd, mib / 2, 'zstd data needs a window of 16 MiB, but allowed is 512 KiB'],
    [hugeWindow, undefined, 'zstd data needs a window of 256 MiB, but allowed is 128 MiB'],
    [hugeSegment, undefined, 'zstd data needs a window of 256 TiB, but allowed is 128 MiB'],
  ];
  for (const [data, memoryLimit, message] of table) {
    for (const threads of [1, 2]) {
      const options = memoryLimit === undefined ? { threads } : { threads, memoryLimit };
      const failure = failureOf(() => decodeAll(data, options));
      assert.equal(failure.kind, 'UnsupportedFormat');
      assert.equal(failure.message, `The data cannot be decoded: its ${message}`);
    }
  }
});

test('a dictionary that only a later block needs is refused too', (t) => {
  if (!needs(t, { programs: ['xz'] })) return;
  const small = filter('xz', ['-c', '-0', '-T1'], sample(1000));
  const large = filter('xz', ['-c', '--lzma2=dict=4MiB'], sample(1000));
  // One stream with a block of each: the header of the first, both blocks; liblzma refuses before it sees the index.
  const blocks = Buffer.concat([small.subarray(0, blocksEnd(small)), large.subarray(12, blocksEnd(large))]);
  for (const threads of [1, 2]) {
    const failure = failureOf(() => decodeAll(blocks, { threads, memoryLimit: mib }));
    assert.equal(failure.kind, 'UnsupportedFormat');
    assert.match(failure.message, /needs a larger dictionary in a later block, but allowed is 1 MiB$/);
  }
  assert.match(failureOf(() => decodeAll(blocks)).message, /ends early/);
});

/** Where the index of an xz file of one stream begins: the footer holds its size. */
function blocksEnd(file: Buffer): number {
  return file.length - 12 - (file.readUInt32LE(file.length - 8) + 1) * 4;
}

test('what needs 128 MiB is decoded', (t) => {
  if (!needs(t, { programs: ['zstd'] })) return;
  const plain = sample(300_000);
  const encoded = filter('zstd', ['-qc', '--ultra', '--long=27'], plain);
  assert.ok(decodeAll(encoded).data.equals(plain));
});

test('xz decodes on one thread where the library has no other', (t) => {
  if (!needs(t, { programs: ['xz'] })) return;
  const plain = sample(300_000);
  const asked: string[] = [];
  const host = {
    findProgram: () => undefined,
    loadLibrary: (sonames: (string | undefined)[]) => {
      const library = hostLibraries(sonames);
      const find = (prototype: string) => {
        asked.push(prototype);
        return undefined;
      };
      return library && { ...library, find };
    },
  };
  const { data } = decodeAll(filter('xz', ['-c', '-T2', '--block-size=65536'], plain), { threads: 2, host });
  assert.ok(data.equals(plain));
  assert.deepEqual(asked, ['int lzma_stream_decoder_mt(void *stream, void *options)']);
});

/** Decodes without keeping anything; gives back the size and by how much the memory of this process grew at most. */
function drain(encoded: Buffer): { size: number; growth: number } {
  using decoder = openDecoder(memorySource(encoded), { threads: 2 });
  const buffer = Buffer.alloc(mib);
  const before = process.memoryUsage.rss();
  let [size, growth] = [0, 0];
  for (let length = decoder.read(buffer, 0, mib); length > 0; length = decoder.read(buffer, 0, mib)) {
    size += length;
    growth = Math.max(growth, process.memoryUsage.rss() - before);
  }
  return { size, growth };
}

test('bombs unfold within bounded memory', (t) => {
  if (!needs(t, { programs: ['sh', 'gzip', 'xz', 'zstd', 'bzip2'] })) return;
  const table: [string, number, number][] = [
    ['head -c 256M /dev/zero | gzip -1', 256, 60],
    ['head -c 512M /dev/zero | zstd -q --long=27', 512, 200],
    ['head -c 128M /dev/zero | bzip2', 128, 60],
    ['head -c 256M /dev/zero | xz -0 -T2', 256, 250],
    // A block that is more than threads may hold: liblzma goes on without them.
    ['head -c 420M /dev/zero | xz -0 -T2 --block-size=420MiB', 420, 60],
  ];
  tally('hostile inputs', table.length);
  for (const [command, expected, limit] of table) {
    const { size, growth } = drain(filter('sh', ['-c', command], Buffer.alloc(0)));
    assert.equal(size, expected * mib);
    assert.ok(growth < limit * mib, `${command}: ${growth / mib} MiB`);
  }
});
