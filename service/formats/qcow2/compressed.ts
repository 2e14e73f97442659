import { readSync } from 'node:fs';
import type { DecodeEngine } from '../compression/engine.js';
import { openRawInflate } from '../compression/gzip.js';
import { hostLibraries } from '../compression/library.js';
import { openZstdDecoder } from '../compression/zstd.js';
import { corruptDisk, unsupported } from './failures.js';
import type { Qcow2Image } from './header.js';

/** Clusters have at most 2 MiB; encoders that know no size may ask for a somewhat larger window. */
const windowMax = 8 * 1024 * 1024;

/** Unpacks compressed clusters, one after the other, into the same memory. */
export class ClusterDecoder implements Disposable {
  readonly #source: number;
  readonly #subject: string;
  readonly #engine: DecodeEngine;
  readonly #cluster: Buffer;
  readonly #compressed: Buffer;

  constructor(source: number, image: Qcow2Image, subject: string) {
    this.#source = source;
    this.#subject = subject;
    const engine =
      image.compression === 'zstd' ? openZstdDecoder(hostLibraries, windowMax) : openRawInflate(hostLibraries);
    if (!engine) throw unsupported(subject, `the library for ${image.compression}`, 'what is installed');
    this.#engine = engine;
    this.#cluster = Buffer.allocUnsafeSlow(image.clusterSize);
    // The sector count of a table entry has clusterBits - 8 bits.
    this.#compressed = Buffer.allocUnsafeSlow(2 * image.clusterSize);
  }

  /**
   * The cluster whose compressed bytes, at most `length`, are at `host`. Valid until the next call.
   *
   * @throws Failure Corrupt when it is damaged, Error of node on failed reads
   */
  read(host: number, length: number): Buffer {
    const available = this.#readCompressed(host, length);
    const fault = this.#engine.start(this.#compressed.subarray(0, available));
    if (fault || this.#unpack(available) !== this.#cluster.length) {
      throw corruptDisk(this.#subject, 'a compressed cluster is damaged', host);
    }
    return this.#cluster;
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }

  /**
   * Gives back how many bytes came out. Several zstd frames may make one cluster; what follows, up to the next sector,
   * belongs to other clusters. That a deflate stream has ended is not asked for, as in QEMU.
   */
  #unpack(available: number): number {
    let [consumed, produced] = [0, 0];
    while (produced < this.#cluster.length) {
      const result = this.#engine.run({
        input: this.#compressed,
        inputStart: consumed,
        inputEnd: available,
        output: this.#cluster,
        outputStart: produced,
        outputEnd: this.#cluster.length,
        last: true,
      });
      consumed += result.consumed;
      produced += result.produced;
      if (result.fault || (result.consumed === 0 && result.produced === 0)) break;
    }
    return produced;
  }

  #readCompressed(host: number, length: number): number {
    let done = 0;
    while (done < length) {
      const read = readSync(this.#source, this.#compressed, done, length - done, host + done);
      if (read === 0) break;
      done += read;
    }
    return done;
  }
}
