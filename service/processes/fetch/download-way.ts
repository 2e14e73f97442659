import { Failure } from '../../../common/failure.js';
import { sniff, sniffLength } from '../../formats/compression/format.js';
import { dataDescriptor, decodeDescriptor, log, tell } from '../ipc/channel.js';
import { FrameWriter } from '../ipc/frames.js';
import { encodedPart } from '../ipc/parts.js';

/** The pipes that a download leaves the fetch process through. */
export class DownloadPipes {
  readonly toPlacement = new FrameWriter(dataDescriptor, 'placement');
  /** Takes one part, if any. */
  readonly toDecode = new FrameWriter(decodeDescriptor, 'decode');
}

/**
 * The way of an image to the placement process, which its first bytes choose: straight, or through the decode process. Writes block
 * when a pipe is full, and the network waits: nothing else has to run meanwhile, and no byte is copied a second time.
 */
export class DownloadWay {
  readonly #pipes: DownloadPipes;
  /** So many bytes are kept back from the decode process for as long as it is not known whether they are all. */
  readonly #hold: number;
  #way: FrameWriter | undefined;
  #head: Buffer = Buffer.alloc(0);
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** That the next process has ended: what comes is dropped then. */
  #broken: Failure | undefined;

  constructor(pipes: DownloadPipes, hold: number) {
    this.#pipes = pipes;
    this.#hold = hold;
  }

  /** Has the bytes passed on as they are, whatever they look like. Before the first one. */
  startAsIs(): void {
    this.#begin(this.#pipes.toPlacement);
  }

  /**
   * Hands over bytes as they came from the network. Where they can be verified it goes on when nobody takes them any more: that
   * they are other bytes than they should be says more than that these cannot be used.
   *
   * @throws Failure UnsupportedFormat when they are compressed in a way that is not supported
   * @throws Failure WorkerFailed when nobody takes them any more, and they cannot be verified
   */
  write(chunk: Buffer): void {
    this.#whileTaken(() => this.#write(chunk));
  }

  #whileTaken(action: () => void): void {
    if (this.#broken !== undefined) return;
    try {
      action();
    } catch (error) {
      if (this.#hold === 0 || !(error instanceof Failure && error.kind === 'WorkerFailed')) throw error;
      this.#broken = error;
      log('info', 'The bytes are not taken any more; downloading the rest of them for the checksum');
    }
  }

  #write(chunk: Buffer): void {
    if (this.#way !== undefined) {
      this.#pass(chunk, this.#way);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= sniffLength) this.#choose();
  }

  /**
   * Says that these were all bytes: of the plain ones at once, since placement waits for more than that.
   *
   * @throws Failure UnsupportedFormat when they are compressed in a way that is not supported
   * @throws Failure WorkerFailed when nobody takes them any more, and they cannot be verified
   */
  finish(): void {
    this.#whileTaken(() => {
      if (this.#way === undefined) this.#choose();
      if (this.#way === this.#pipes.toPlacement) this.#way.endPart();
    });
  }

  /**
   * Says that the bytes are the ones that they should be. The decode process does not hear of their end before: what is cut short
   * is not a failure of the decoder where it can be told that these are other bytes.
   *
   * @throws Failure WorkerFailed when the process that takes them has ended
   */
  confirm(): void {
    if (this.#broken !== undefined) throw this.#broken;
    const { toDecode } = this.#pipes;
    if (this.#way !== toDecode) return;
    this.#release(toDecode);
    toDecode.endPart();
  }

  #choose(): void {
    const { toDecode, toPlacement } = this.#pipes;
    const isPlain = sniff(this.#head.subarray(0, sniffLength), 'The download') === 'uncompressed';
    const way = this.#begin(isPlain ? toPlacement : toDecode);
    this.#pass(this.#head, way);
  }

  #begin(way: FrameWriter): FrameWriter {
    const { toDecode, toPlacement } = this.#pipes;
    this.#way = way;
    if (way === toDecode) {
      tell({ type: 'encoded' });
      toPlacement.beginPart(encodedPart);
      toPlacement.endPart();
    }
    way.beginPart('image');
    return way;
  }

  #pass(chunk: Buffer, way: FrameWriter): void {
    if (way === this.#pipes.toDecode && this.#heldBytes + chunk.length < this.#hold) {
      // The next ones may come into the same memory.
      this.#held.push(Buffer.from(chunk));
      this.#heldBytes += chunk.length;
      return;
    }
    this.#release(way);
    way.write(chunk, 0, chunk.length);
  }

  #release(way: FrameWriter): void {
    for (const chunk of this.#held) way.write(chunk, 0, chunk.length);
    this.#held = [];
    this.#heldBytes = this.#hold;
  }
}
