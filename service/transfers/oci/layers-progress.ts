import type { LayerProgress } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { OciLayer } from '../../processes/ipc/messages.js';
import type { Transfer } from '../transfer.js';

/** Adds up how far the layers of an image are, into the progress of its transfer. */
export class LayersProgress {
  readonly #transfer: Transfer;
  readonly #total: number;
  readonly #bytesTotal: number;
  readonly #current = new Map<string, LayerProgress>();
  #done: number;
  #bytesDone = 0;

  /**
   * @param total how many different layers the image has
   * @param missing those that have to come
   */
  constructor(transfer: Transfer, total: number, missing: readonly OciLayer[]) {
    this.#transfer = transfer;
    this.#total = total;
    this.#done = total - missing.length;
    this.#bytesTotal = missing.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#tell();
  }

  /** A layer begins to come, or has come so far. */
  advance({ digest, bytes }: OciLayer, bytesDone: number): void {
    this.#current.set(digest, { digest, bytesDone: Math.min(bytesDone, bytes), bytesTotal: bytes });
    this.#tell();
  }

  /** A layer is here. */
  complete({ digest, bytes }: OciLayer): void {
    this.#current.delete(digest);
    this.#done += 1;
    this.#bytesDone += bytes;
    this.#tell();
  }

  #tell(): void {
    const current = [...this.#current.values()];
    this.#transfer.showLayers({ done: this.#done, total: this.#total, current });
    const underWay = current.reduce((sum, { bytesDone }) => sum + Number(bytesDone), 0);
    this.#transfer.advance(this.#bytesDone + underWay, this.#bytesTotal);
  }
}
