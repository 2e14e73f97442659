import { Failure } from '../../../common/failure.js';
import { corruptDisk } from './failures.js';
import { type Qcow2Image, readAt } from './header.js';
import { l2Offsets, mappings } from './tables.js';

/** Clusters of the largest file whose tables are checked: a bit for each is kept, twice, which is 32 MiB at most. */
const clustersMax = 2 ** 27;
/** As QEMU: a refcount table has at most this many bytes. */
const refcountTableMax = 8 * 1024 * 1024;
const repair = "repair it with 'qemu-img check -r all'";

/** What each cluster of the file is used for: one thing only, but for those in which compressed data shares the room. */
class Claims {
  readonly #image: Qcow2Image;
  readonly #subject: string;
  readonly #whole: Uint8Array;
  readonly #shared: Uint8Array;
  #lastHost = -1;
  #lastGuest = -1;

  constructor(image: Qcow2Image, subject: string) {
    this.#image = image;
    this.#subject = subject;
    const clusters = Math.ceil(image.fileSize / image.clusterSize);
    if (clusters > clustersMax) throw corruptDisk(subject, 'it has too many clusters to be checked', 72);
    this.#whole = new Uint8Array(Math.ceil(clusters / 8));
    this.#shared = new Uint8Array(Math.ceil(clusters / 8));
  }

  /** A table, or another part of the image that is not data. */
  takeTable(offset: number, length: number): void {
    this.#each(offset, length, (cluster) => this.#take(cluster));
  }

  /** Data of the disk: pieces of one cluster may come one by one. */
  takeData(host: number, guest: number, length: number): void {
    const { clusterSize } = this.#image;
    const shift = Math.floor(guest / clusterSize) - Math.floor(host / clusterSize);
    this.#each(host, length, (cluster) => {
      const isSame = cluster === this.#lastHost && cluster + shift === this.#lastGuest;
      [this.#lastHost, this.#lastGuest] = [cluster, cluster + shift];
      if (!isSame) this.#take(cluster);
    });
  }

  takeCompressed(host: number, length: number): void {
    this.#each(host, length, (cluster) => {
      if (isSet(this.#whole, cluster)) this.#refuse(cluster);
      set(this.#shared, cluster);
    });
  }

  #each(offset: number, length: number, take: (cluster: number) => void): void {
    const { clusterSize, fileSize } = this.#image;
    const end = Math.min(offset + length, fileSize);
    for (let cluster = Math.floor(offset / clusterSize); cluster * clusterSize < end; cluster++) take(cluster);
  }

  #take(cluster: number): void {
    if (isSet(this.#whole, cluster) || isSet(this.#shared, cluster)) this.#refuse(cluster);
    set(this.#whole, cluster);
  }

  #refuse(cluster: number): never {
    throw corruptDisk(this.#subject, 'a cluster is used twice', cluster * this.#image.clusterSize);
  }
}

const isSet = (bits: Uint8Array, index: number): boolean => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

function set(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
}

/** Reference counts are not needed to read, but where their tables are must not be where data is. */
function takeRefcounts(descriptor: number, image: Qcow2Image, claims: Claims, subject: string): void {
  const { clusterSize, fileSize } = image;
  const header = readAt(descriptor, 60, 0);
  const table = Number(header.readBigUInt64BE(48));
  const length = header.readUInt32BE(56) * clusterSize;
  const isSound = (offset: number) => offset % clusterSize === 0 && offset < fileSize;
  if (!isSound(table) || length > Math.max(refcountTableMax, clusterSize))
    throw corruptDisk(subject, 'its refcount table is damaged', 48);
  claims.takeTable(table, length);
  const entries = readAt(descriptor, length, table);
  for (let at = 0; at + 8 <= entries.length; at += 8) {
    const block = Number(entries.readBigUInt64BE(at) & ~0x1ffn);
    if (block === 0) continue;
    if (!isSound(block)) throw corruptDisk(subject, 'its refcount table is damaged', table + at);
    claims.takeTable(block, clusterSize);
  }
}

function takeAll(descriptor: number, image: Qcow2Image, subject: string): void {
  const claims = new Claims(image, subject);
  claims.takeTable(0, image.clusterSize);
  takeRefcounts(descriptor, image, claims, subject);
  claims.takeTable(image.l1Offset, image.l1Entries * 8);
  for (const offset of l2Offsets(descriptor, image, subject))
    if (offset > 0) claims.takeTable(offset, image.clusterSize);
  for (const { kind, host, guest, length } of mappings(descriptor, image, subject)) {
    if (kind === 'data') claims.takeData(host, guest, length);
    else claims.takeCompressed(host, length);
  }
}

/**
 * Checks the tables of an image that is marked as corrupt: all are where they can be, and no cluster is used twice.
 *
 * @throws Failure Corrupt when one is not sound, SystemError or Error of node on failed reads
 */
export function checkTables(descriptor: number, image: Qcow2Image, subject: string): void {
  try {
    takeAll(descriptor, image, subject);
  } catch (error) {
    if (!(error instanceof Failure && 'what' in error.facts)) throw error;
    const { what, offset } = error.facts;
    throw corruptDisk(subject, `it is marked as corrupt, and ${what}; ${repair}`, offset ?? 0);
  }
}
