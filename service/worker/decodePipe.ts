import { Socket } from 'node:net';
import { SNIFF_LENGTH, sniff } from '../stages/codec/format.js';
import { FrameWriter } from '../stages/frames.js';
import { pipe } from '../system/process.js';
import { dataDescriptor } from './channel.js';
import { DecodeThread } from './decodeThread.js';

/** Large enough that the network and the decoder seldom wait for each other, in bytes. */
const pipeCapacity = 1024 * 1024;
const subject = 'The download';
const usuallyCompressed = /\.(xz|gz|zst|bz2|t[xgb]z|tzst)$/i;

/** Takes the bytes of a download on their way to the placement process. */
interface Way {
  /** Resolves when more may come. Rejects with the decoder's Failure. */
  write(chunk: Buffer): Promise<void>;
  /** Says that there are no more bytes; resolves with how many that were, decoded. Rejects with the decoder's Failure. */
  finish(): Promise<number>;
}

/** The way to the decoding thread: a pipe, so that the thread reads it with blocking calls. */
class DecodedWay implements Way {
  readonly #thread: DecodeThread;
  readonly #writer: Socket;
  /** Whether the thread has ended, or closed its end of the pipe: its outcome says why. */
  #isOver = false;
  #wake: () => void = () => {};

  constructor(threads: number) {
    const { readEnd, writeEnd } = pipe(pipeCapacity);
    this.#thread = new DecodeThread({ descriptor: readEnd, threads, subject });
    this.#writer = new Socket({ fd: writeEnd, readable: false, writable: true });
    const end = () => {
      this.#isOver = true;
      this.#wake();
    };
    this.#writer.on('error', end);
    this.#thread.decoded().then(end, end);
  }

  async write(chunk: Buffer): Promise<void> {
    this.#thread.start();
    if (!this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#writer.write(chunk, () => resolve());
      });
    }
    if (this.#isOver) await this.#thread.decoded();
  }

  finish(): Promise<number> {
    this.#thread.start();
    this.#writer.end();
    return this.#thread.decoded();
  }

  async abandon(): Promise<void> {
    this.#writer.destroy();
    await this.#thread.terminate();
  }
}

/**
 * The way without decoding: straight into the pipe to the placement process. Blocks when that is full, and the network waits:
 * nothing else has to run meanwhile, and no byte is copied a second time.
 */
class PlainWay implements Way {
  readonly #writer = new FrameWriter(dataDescriptor);

  constructor() {
    this.#writer.beginPart('image');
  }

  async write(chunk: Buffer): Promise<void> {
    this.#writer.write(chunk, 0, chunk.length);
  }

  async finish(): Promise<number> {
    this.#writer.endPart();
    return this.#writer.written;
  }
}

/** The way from the network to the placement process, which the first bytes choose. */
export class DecodePipe {
  readonly #threads: number;
  /** Started before the first byte is there where the name of the file tells that it will be needed. */
  #decoded: DecodedWay | null;
  #way: Way | null = null;
  #head: Buffer = Buffer.alloc(0);

  constructor(threads: number, url: string) {
    this.#threads = threads;
    this.#decoded = usuallyCompressed.test(url) ? new DecodedWay(threads) : null;
  }

  /** Has the bytes passed on as they are, whatever they look like. Before the first one. */
  startAsIs(): void {
    this.#way = new PlainWay();
  }

  /** Hands over bytes as they came from the network; resolves when more may come. Rejects with the decoder's Failure. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#way !== null) return this.#way.write(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= SNIFF_LENGTH) await this.#choose().write(this.#head);
  }

  /** Says that there are no more bytes; resolves with how many that were, decoded. Rejects with the decoder's Failure. */
  async finish(): Promise<number> {
    if (this.#way === null) await this.#choose().write(this.#head);
    return this.#choose().finish();
  }

  /** Ends the thread without a byte decoded. */
  async abandon(): Promise<void> {
    await this.#decoded?.abandon();
  }

  #choose(): Way {
    if (this.#way !== null) return this.#way;
    if (sniff(this.#head.subarray(0, SNIFF_LENGTH), subject) === 'uncompressed') this.#way = new PlainWay();
    else this.#way = this.#decoded ??= new DecodedWay(this.#threads);
    return this.#way;
  }
}
