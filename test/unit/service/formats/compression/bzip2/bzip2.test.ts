import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../../../../common/failure.js';
import { type Bits, joinBits, readBits, sliceBits } from '../../../../../../service/formats/compression/bzip2/bits.js';
import {
  type BlockScanner,
  openParallelBzip2Decoder,
} from '../../../../../../service/formats/compression/bzip2/bzip2-parallel.js';
import { Bzip2Scanner, type Found } from '../../../../../../service/formats/compression/bzip2/bzip2-scanner.js';
import { InputWindow } from '../../../../../../service/formats/compression/input.js';
import { hostLibraries } from '../../../../../../service/formats/compression/library.js';
import { StreamsDecoder } from '../../../../../../service/formats/compression/streams.js';
import { decodeAll, filter, sample } from '../../../../../support/formats/codecs.js';
import { memorySource } from '../../../../../support/formats/memory-source.js';
import { needs } from '../../../../../support/needs.js';

/** Zeros and ones. */
function spell({ bytes, length }: Bits): string {
  return [...bytes]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, length);
}

test('bits are read, cut out and joined as they are spelled', () => {
  const bytes = sample(40);
  const all = spell({ bytes, length: bytes.length * 8 });
  for (let start = 0; start < 70; start++) {
    for (const length of [0, 1, 7, 8, 9, 31, 32, 33, 100, 250]) {
      const slice = sliceBits(bytes, start, start + length);
      assert.equal(spell(slice), all.slice(start, start + length), `${start}, ${length}`);
      if (length <= 32 && length > 0) {
        assert.equal(readBits(bytes, start, length), Number.parseInt(all.slice(start, start + length), 2));
      }
      const other = sliceBits(bytes, 3, 3 + (start % 19));
      const joined = joinBits(slice, other);
      assert.equal(joined.length, slice.length + other.length);
      assert.equal(spell(joined), spell(slice) + spell(other), `${start}, ${length} joined`);
    }
  }
});

test('every block of a stream is found, however the bytes come', (t) => {
  if (!needs(t, { programs: ['bzip2'] })) return;
  const stream = filter('bzip2', ['-1', '-c'], sample(3_000_000));
  for (const step of [1, 1000, stream.length]) {
    const scanner = new Bzip2Scanner();
    let [blocks, bits, ended] = [0, 32, false];
    for (let position = 0; position < stream.length; position += step) {
      scanner.add(stream, position, Math.min(stream.length, position + step));
      for (let found = scanner.find(); found.type !== 'wanting'; found = scanner.find()) {
        assert.ok(found.type === 'block' || found.type === 'end');
        if (found.block) {
          blocks++;
          bits += found.block.length;
        }
        ended ||= found.type === 'end';
        if (ended) break;
      }
    }
    assert.ok(ended);
    assert.ok(blocks >= 20, `${blocks} blocks`);
    assert.equal(Math.ceil((bits + 80) / 8), stream.length);
  }
});

/** Takes the middle of the `which`th block for a boundary. */
function mistaken(which: number, kind: 'block' | 'end', made: () => void): BlockScanner {
  const scanner = new Bzip2Scanner();
  let [count, rest]: [number, Found | null] = [0, null];
  return {
    add: (input, start, end) => scanner.add(input, start, end),
    find: () => {
      const found: Found = rest ?? scanner.find();
      rest = null;
      if ((found.type !== 'block' && found.type !== 'end') || !found.block || count++ !== which) return found;
      made();
      const { bytes, length } = found.block;
      const middle = Math.floor(length / 2) + 3;
      rest = { ...found, block: sliceBits(bytes, middle, length) };
      const block = sliceBits(bytes, 0, middle);
      return kind === 'block' ? { type: 'block', block } : { type: 'end', block, checksum: 0, excess: 0 };
    },
  };
}

for (const kind of ['block', 'end'] as const) {
  test(`bits within a block that look like the magic number of its ${kind} do no harm`, (t) => {
    if (!needs(t, { programs: ['bzip2'] })) return;
    const plain = sample(1_500_000);
    const stream = filter('bzip2', ['-1', '-c'], plain);
    for (const which of [0, 1, 5, 9]) {
      let mistakes = 0;
      const engine = openParallelBzip2Decoder(hostLibraries, 2, () => mistaken(which, kind, () => mistakes++));
      assert.ok(engine);
      using decoder = new StreamsDecoder(engine, new InputWindow(memorySource(stream, 10_000)), 'bzip2', 'The data');
      const buffer = Buffer.alloc(2_000_000);
      let size = 0;
      for (let length = 1; length > 0; size += length) length = decoder.read(buffer, size, buffer.length - size);
      assert.ok(buffer.subarray(0, size).equals(plain), `block ${which}`);
      assert.equal(mistakes, 1, `block ${which}`);
    }
  });
}

test('blocks that are lost, doubled or exchanged are noticed by the checksum of the stream', (t) => {
  if (!needs(t, { programs: ['bzip2'] })) return;
  const scanner = new Bzip2Scanner();
  const stream = filter('bzip2', ['-1', '-c'], sample(600_000));
  scanner.add(stream, 0, stream.length);
  const blocks: Bits[] = [];
  let checksum = 0;
  for (let found = scanner.find(); ; found = scanner.find()) {
    assert.ok(found.type === 'block' || found.type === 'end');
    if (found.block) blocks.push(found.block);
    if (found.type === 'end') checksum = found.checksum;
    if (found.type === 'end') break;
  }
  const assemble = (order: number[]) => {
    const end = Buffer.concat([Buffer.from('177245385090', 'hex'), Buffer.alloc(4)]);
    end.writeUInt32BE(checksum, 6);
    const pieces = order.map((index) => blocks[index]).filter((block) => block !== undefined);
    const header = { bytes: Buffer.from('BZh1'), length: 32 };
    return [...pieces, { bytes: end, length: 80 }].reduce((joined, piece) => joinBits(joined, piece), header).bytes;
  };
  assert.equal(blocks.length, 5);
  assert.ok(assemble([0, 1, 2, 3, 4]).equals(stream));
  for (const order of [[0, 1, 2, 4], [0, 1, 2, 3, 4, 4], [1, 0, 2, 3, 4], []]) {
    for (const threads of [1, 2]) {
      assert.throws(
        () => decodeAll(assemble(order), { threads }),
        (error) => error instanceof Failure && error.kind === 'Corrupt' && /is damaged/.test(error.message),
      );
    }
  }
});

test('blocks that unfold to much more than others are decoded', (t) => {
  if (!needs(t, { programs: ['bzip2'] })) return;
  const plain = Buffer.concat([Buffer.alloc(50_000_000, 7), sample(1_000_000), Buffer.alloc(5_000_000)]);
  assert.ok(decodeAll(filter('bzip2', ['-c'], plain), { threads: 2 }).data.equals(plain));
});
