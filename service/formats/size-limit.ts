import { Failure } from '../../common/failure.js';
import type { ByteSource } from './bytes.js';

/** So many times what is allowed of data a disk may have with its zeros, and an archive with its headers and padding. */
const wholeFactor = 64;
const extras = { image: 'its zeros', archive: 'its headers and padding' } as const;

export interface SizeLimitOptions {
  /** Most bytes of data, holes not counted; unlimited unless given. */
  sizeMax?: number | undefined;
  /** How messages call what is limited, at the beginning of a sentence; `The image` unless given. */
  subject?: string | undefined;
  kind?: keyof typeof extras;
}

/** Guards against images that unfold to more data than anybody meant, or to nothing for ever. Sizes are bytes. */
export class SizeLimit {
  /** Bytes of data so far. */
  counted = 0;
  readonly #sizeMax: number;
  readonly #subject: string;
  readonly #extra: string;

  constructor({ sizeMax = Number.MAX_SAFE_INTEGER, kind = 'image', subject = `The ${kind}` }: SizeLimitOptions) {
    this.#sizeMax = sizeMax;
    this.#subject = subject;
    this.#extra = extras[kind];
  }

  /**
   * Adds bytes of data.
   *
   * @throws Failure UnsupportedFormat when that exceeds `sizeMax`
   */
  count(length: number): void {
    this.counted += length;
    if (this.counted <= this.#sizeMax) return;
    const message = `${this.#subject} holds more than ${this.#sizeMax} bytes of data, the limit: raise it with --size-max= if the image is meant to be that large`;
    const facts = { needed: `more than ${this.#sizeMax} bytes of data`, allowed: `--size-max=${this.#sizeMax}` };
    throw new Failure('UnsupportedFormat', message, facts);
  }

  /**
   * Checks the size of the whole, in bytes.
   *
   * @throws Failure UnsupportedFormat when it is larger than allowed
   */
  checkWhole(size: number): void {
    if (size > this.#whole) throw this.#tooLarge(`${size} bytes`, ` and ${BigInt(this.#whole)} are allowed,`);
  }

  /**
   * Checks the size of a disk with its holes, and adds what is allocated of it. In bytes.
   *
   * @throws Failure UnsupportedFormat when either is more than allowed
   */
  checkDisk(size: number, allocated: number): void {
    this.checkWhole(size);
    this.count(allocated);
  }

  /**
   * The source, held to the limit. `before`: what came before it, in bytes.
   *
   * @throws Failure UnsupportedFormat, from the source given back, when it has given more than allowed
   */
  bound(source: ByteSource, before = 0): ByteSource {
    let size = before;
    const passed = (count: number): number => {
      size += count;
      if (size > this.#whole) throw this.#tooLarge(`more than ${BigInt(this.#whole)} bytes`, '');
      return count;
    };
    return {
      read: (buffer, offset, length) => passed(source.read(buffer, offset, length)),
      skipZeros: () => passed(source.skipZeros?.() ?? 0),
    };
  }

  /** May be beyond 2^53: as text it takes a bigint. */
  get #whole(): number {
    return this.#sizeMax * wholeFactor;
  }

  #tooLarge(needed: string, allowed: string): Failure {
    const message = `${this.#subject} has ${needed} with ${this.#extra},${allowed} ${wholeFactor} times the limit on data: raise that with --size-max= if the image is meant to be that large`;
    return new Failure('UnsupportedFormat', message, { needed, allowed: `--size-max=${this.#sizeMax}` });
  }
}
