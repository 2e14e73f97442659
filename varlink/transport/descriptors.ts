import { closeSync } from 'node:fs';

/** The descriptors that came with a message. Those that nobody takes are closed with it. */
export class ReceivedDescriptors implements Disposable {
  readonly #descriptors: (number | null)[];

  constructor(descriptors: readonly number[] = []) {
    this.#descriptors = [...descriptors];
  }

  get count(): number {
    return this.#descriptors.length;
  }

  /** Hands one over: the caller closes it. Null if there is none of this index or it was taken before. */
  take(index: number): number | null {
    const descriptor = this.#descriptors[index] ?? null;
    if (descriptor !== null) this.#descriptors[index] = null;
    return descriptor;
  }

  /** Closes those that were not taken. */
  [Symbol.dispose](): void {
    for (const index of this.#descriptors.keys()) {
      const descriptor = this.take(index);
      if (descriptor !== null) closeSync(descriptor);
    }
  }
}
