import { createHash, type Hash } from 'node:crypto';
import { read as readFrom } from 'node:fs';
import { promisify } from 'node:util';
import { Failure } from '../../../common/failure.js';
import type { Repetition } from '../../http/request.js';
import { failOnAsync } from '../../images/install/file-system-failure.js';
import { ContentHashes, type WantedHash } from '../../verify/detached.js';

const read = promisify(readFrom);
const blockSize = 1024 * 1024;
const subject = 'The beginning of the download that an earlier pull has left';

function cutShort(found: number, length: number): Failure {
  const message = `${subject} became shorter: ${found} of ${length} bytes are there; pull again`;
  return new Failure('Corrupt', message, { what: 'the download', offset: found });
}

/** Both digests a checksum file may ask for, SHA-512 only when one does, and what signatures are over. */
export class Digests {
  readonly #sha256 = createHash('sha256');
  readonly #sha512: Hash | undefined;
  readonly #wanted: ContentHashes;
  bytes = 0;

  constructor(algorithms: readonly string[], wanted: readonly WantedHash[] = []) {
    this.#sha512 = algorithms.includes('sha512') ? createHash('sha512') : undefined;
    this.#wanted = new ContentHashes(wanted);
  }

  update(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#sha512?.update(chunk);
    this.#sha256.update(chunk);
    this.#wanted.update(chunk);
  }

  /**
   * Adds the first `length` bytes of a file.
   *
   * @throws Failure Corrupt when there are fewer
   * @throws Failure FileSystemError when they cannot be read
   * @throws the reason of `signal` when that is raised
   */
  async addFile(descriptor: number, length: number, signal: AbortSignal): Promise<void> {
    const block = Buffer.allocUnsafeSlow(blockSize);
    for (let position = 0; position < length; ) {
      signal.throwIfAborted();
      const wanted = Math.min(blockSize, length - position);
      const { bytesRead } = await failOnAsync(subject, () => read(descriptor, block, 0, wanted, position));
      if (bytesRead === 0) throw cutShort(position, length);
      this.update(block.subarray(0, bytesRead));
      position += bytesRead;
    }
  }

  /** Compares other bytes with those so far. */
  repetition(): Repetition {
    const before = this.#sha256.copy().digest();
    const again = createHash('sha256');
    return { update: (chunk) => void again.update(chunk), isSame: () => again.digest().equals(before) };
  }

  /** To be called once. */
  finish(): { sha256: string; sha512?: string; wanted: readonly Buffer[] } {
    const wanted = this.#wanted.digests();
    const sha256 = this.#sha256.digest('hex');
    const sha512 = this.#sha512?.digest('hex');
    return { sha256, ...(sha512 === undefined ? {} : { sha512 }), wanted };
  }
}
