/** Bytes held back from a busy consumer before the sender is made to wait. */
const capacity = 1024 * 1024;

/**
 * The chunks of a body, in order. A stream that fails throws away what it has buffered, which would have to be fetched
 * again; here everything that arrived comes out before the failure does.
 */
export class ChunkQueue {
  readonly #body: NodeJS.ReadableStream;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(body: NodeJS.ReadableStream) {
    this.#body = body;
    body.on('data', (chunk: Buffer) => this.#add(chunk));
    body.on('end', () => this.#finish(undefined));
    body.on('error', (error) => this.#finish(error));
    body.on('close', () => this.#finish(new Error('the connection was closed')));
  }

  /**
   * The next chunk, or undefined at the end.
   *
   * @throws Error of the stream, or that the connection was closed, after the last chunk before it
   */
  async next(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (!chunk) {
      if (this.#error !== undefined) throw this.#error;
      return undefined;
    }
    this.#bytes -= chunk.length;
    if (this.#bytes < capacity / 2 && this.#body.isPaused()) this.#body.resume();
    return chunk;
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= capacity) this.#body.pause();
    this.#wakeUp();
  }

  #finish(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
