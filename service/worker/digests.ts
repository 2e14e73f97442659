import { createHash, type Hash } from 'node:crypto';
import { read as readFrom } from 'node:fs';
import { promisify } from 'node:util';
import { Sha256Aside } from '../system/digest.js';

const read = promisify(readFrom);
const blockSize = 1024 * 1024;

/** Both digests a checksum file may ask for; SHA-512 only when one does. */
export class Digests {
  readonly #sha256 = createHash('sha256');
  readonly #sha512: Hash | null;
  #aside: Sha256Aside | null = null;
  bytes = 0;

  constructor(algorithms: readonly string[]) {
    this.#sha512 = algorithms.includes('sha512') ? createHash('sha512') : null;
  }

  /** Has SHA-256 computed in another thread, which is worth it for what comes fast and is long. Before the first byte. */
  startAside(): void {
    if (this.bytes === 0) this.#aside = Sha256Aside.open();
  }

  /** Adds bytes. What it gives back has to be waited for before the next ones. */
  update(chunk: Buffer): Promise<void> | null {
    this.bytes += chunk.length;
    this.#sha512?.update(chunk);
    if (this.#aside !== null) return this.#aside.update(chunk);
    this.#sha256.update(chunk);
    return null;
  }

  /** Adds the first `length` bytes of a file. Rejects with node's error, or Error when there are fewer. */
  async addFile(descriptor: number, length: number, signal: AbortSignal): Promise<void> {
    const block = Buffer.allocUnsafeSlow(blockSize);
    for (let position = 0; position < length; ) {
      signal.throwIfAborted();
      const { bytesRead } = await read(descriptor, block, 0, Math.min(blockSize, length - position), position);
      if (bytesRead === 0) throw new Error(`a partial download ends at byte ${position}, before ${length}`);
      await this.update(block.subarray(0, bytesRead));
      position += bytesRead;
    }
  }

  async finish(): Promise<{ sha256: string; sha512?: string }> {
    const sha256 = this.#aside === null ? this.#sha256.digest('hex') : await this.#aside.finish();
    return this.#sha512 === null ? { sha256 } : { sha256, sha512: this.#sha512.digest('hex') };
  }
}
