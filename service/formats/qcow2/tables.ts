import { hasData } from '../disk/copy.js';
import { corruptDisk } from './failures.js';
import { type Qcow2Image, readAt } from './header.js';

/** A piece of the disk that the file holds. Offsets and lengths are bytes; what no piece covers reads as zeros. */
export type Mapping =
  | {
      kind: 'data';
      /** Where on the disk. */
      guest: number;
      /** Where in the file. */
      host: number;
      length: number;
    }
  | {
      kind: 'compressed';
      /** The cluster of the disk. */
      guest: number;
      host: number;
      /** Compressed bytes at most: they are stored with the precision of 512. */
      length: number;
    };

const highHalf = 2 ** 32;
/** Upper and lower halves of the masks and flags of L1 and L2 entries. */
const offsetHigh = 0x00ffffff;
const offsetLow = 0xfffffe00;
const compressedHigh = 0x40000000;
const zeroLow = 1;
const subclusterCount = 32;

/**
 * Walks the active L1 table and its L2 tables and gives, in the order of the disk, what the file holds; neighbours that
 * are neighbours in the file too come as one. Work and memory are bounded by the size of the file: every L2 table is
 * read once, and one that two L1 entries share (which no sound image does) is refused.
 *
 * @param onCut told once how many bytes a cluster lacks that ends behind the end of the file
 * @throws Failure Corrupt when a table is damaged, truncated or used twice, SystemError or Error of node on failed reads
 */
export function* mappings(
  descriptor: number,
  image: Qcow2Image,
  subject: string,
  onCut: (bytes: number) => void = () => {},
): Generator<Mapping> {
  const walker = new TableWalker(descriptor, image, subject, onCut);
  const l1 = walker.readL1();
  let pending: Mapping | undefined;
  for (let index = 0; index < l1.length; index++) {
    const offset = l1[index];
    if (!offset) continue;
    for (const mapping of walker.walkL2(offset, index)) {
      if (pending && joins(pending, mapping)) pending.length += mapping.length;
      else {
        if (pending) yield pending;
        pending = mapping;
      }
    }
  }
  if (pending) yield pending;
}

/**
 * Where the L2 tables are, 0 where there is none.
 *
 * @throws Failure Corrupt when the L1 table is damaged or truncated, Error of node on failed reads
 */
export function l2Offsets(descriptor: number, image: Qcow2Image, subject: string): Float64Array {
  return new TableWalker(descriptor, image, subject, () => {}).readL1();
}

function joins(first: Mapping, second: Mapping): boolean {
  return (
    first.kind === 'data' &&
    second.kind === 'data' &&
    first.guest + first.length === second.guest &&
    first.host + first.length === second.host
  );
}

class TableWalker {
  readonly #descriptor: number;
  readonly #image: Qcow2Image;
  readonly #subject: string;
  readonly #onCut: (bytes: number) => void;
  #cut = false;

  constructor(descriptor: number, image: Qcow2Image, subject: string, onCut: (bytes: number) => void) {
    this.#descriptor = descriptor;
    this.#image = image;
    this.#subject = subject;
    this.#onCut = onCut;
  }

  /** The offsets of the L2 tables, 0 where there is none. */
  readL1(): Float64Array {
    const { l1Offset, l1Entries } = this.#image;
    const bytes = readAt(this.#descriptor, l1Entries * 8, l1Offset);
    if (bytes.length < l1Entries * 8) throw this.#corrupt('its L1 table is truncated', l1Offset);
    const offsets = new Float64Array(l1Entries);
    for (let index = 0; index < l1Entries; index++) {
      const offset = hostOffset(bytes.readUInt32BE(index * 8), bytes.readUInt32BE(index * 8 + 4));
      if (offset !== 0) this.#judgeTable(offset, l1Offset + index * 8);
      offsets[index] = offset;
    }
    this.#refuseSharedTables(offsets);
    return offsets;
  }

  #judgeTable(offset: number, entry: number): void {
    const { clusterSize, fileSize } = this.#image;
    if (offset % clusterSize !== 0) throw this.#corrupt('an L2 table begins within a cluster', entry);
    if (offset >= fileSize) {
      throw this.#corrupt('an L2 table lies behind the end of the file: it is truncated', entry);
    }
  }

  #refuseSharedTables(offsets: Float64Array): void {
    const sorted = offsets.slice().sort();
    for (let index = 1; index < sorted.length; index++) {
      const offset = sorted[index] ?? 0;
      if (offset !== 0 && offset === sorted[index - 1]) throw this.#corrupt('an L2 table is used twice', offset);
    }
  }

  /** The pieces of one L2 table, which is the `index`th of the disk. */
  *walkL2(offset: number, index: number): Generator<Mapping> {
    const { clusterSize, l2Entries, extendedL2, virtualSize } = this.#image;
    if (!hasData(this.#descriptor, offset, offset + clusterSize)) return;
    const table = Buffer.alloc(clusterSize);
    readAt(this.#descriptor, this.#inFile(offset, clusterSize), offset).copy(table);
    const entrySize = clusterSize / l2Entries;
    const base = index * l2Entries * clusterSize;
    const entries = Math.min(l2Entries, Math.ceil((virtualSize - base) / clusterSize));
    for (let entry = 0; entry < entries; entry++) {
      const at = entry * entrySize;
      const high = table.readUInt32BE(at);
      const low = table.readUInt32BE(at + 4);
      if (high === 0 && low === 0 && !extendedL2) continue;
      const guest = base + entry * clusterSize;
      if ((high & compressedHigh) !== 0) yield this.#compressed(high, low, guest, offset + at);
      else if (extendedL2) yield* this.#subclusters(table, at, guest, offset + at);
      else if (this.#holdsData(high, low, offset + at)) yield this.#cluster(high, low, guest, offset + at);
    }
  }

  /** Whether a standard entry points to data, rather than being unallocated or a cluster of zeros. */
  #holdsData(high: number, low: number, entry: number): boolean {
    if ((low & zeroLow) !== 0) {
      if (this.#image.version < 3) throw this.#corrupt('it has zero clusters, which version 2 does not know', entry);
      return false;
    }
    return hostOffset(high, low) !== 0;
  }

  #cluster(high: number, low: number, guest: number, entry: number): Mapping {
    const host = hostOffset(high, low);
    this.#judgeData(host, entry);
    return { kind: 'data', guest, host, length: this.#inFile(host, this.#image.clusterSize) };
  }

  *#subclusters(table: Buffer, at: number, guest: number, entry: number): Generator<Mapping> {
    const host = hostOffset(table.readUInt32BE(at), table.readUInt32BE(at + 4));
    const zero = table.readUInt32BE(at + 8);
    const allocated = table.readUInt32BE(at + 12);
    if ((zero & allocated) !== 0) throw this.#corrupt('a subcluster is both zero and allocated', entry);
    if (allocated === 0) return;
    if (host === 0) throw this.#corrupt('a subcluster is allocated in no cluster', entry);
    this.#judgeData(host, entry);
    const size = this.#image.clusterSize / subclusterCount;
    for (let index = 0; index < subclusterCount; index++) {
      if ((allocated & (1 << index)) === 0) continue;
      const begin = host + index * size;
      const length = this.#inFile(begin, size);
      if (length > 0) yield { kind: 'data', guest: guest + index * size, host: begin, length };
    }
  }

  #judgeData(host: number, entry: number): void {
    if (host % this.#image.clusterSize !== 0) throw this.#corrupt('data begins within a cluster', entry);
    if (host >= this.#image.fileSize) {
      throw this.#corrupt('data lies behind the end of the file: it is truncated', entry);
    }
  }

  /** How many of the bytes of a cluster, or a part of one, the file has: its last cluster need not be whole. */
  #inFile(offset: number, length: number): number {
    const missing = Math.min(length, Math.max(0, offset + length - this.#image.fileSize));
    if (missing > 0 && !this.#cut) {
      this.#cut = true;
      this.#onCut(missing);
    }
    return length - missing;
  }

  #compressed(high: number, low: number, guest: number, entry: number): Mapping {
    // The offset has 62 - (clusterBits - 8) bits, which leaves 17 to 29 of the upper half; the rest counts sectors.
    const offsetBitsHigh = 38 - this.#image.clusterBits;
    const host = (high & (2 ** offsetBitsHigh - 1)) * highHalf + low;
    const sectors = (high & 0x3fffffff) >>> offsetBitsHigh;
    if (host >= this.#image.fileSize) {
      throw this.#corrupt('compressed data lies behind the end of the file: it is truncated', entry);
    }
    return { kind: 'compressed', guest, host, length: (sectors + 1) * 512 - (host % 512) };
  }

  #corrupt(what: string, offset: number): Error {
    return corruptDisk(this.#subject, what, offset);
  }
}

/** Bits 9 to 55 of an entry. */
function hostOffset(high: number, low: number): number {
  return (high & offsetHigh) * highHalf + ((low & offsetLow) >>> 0);
}
