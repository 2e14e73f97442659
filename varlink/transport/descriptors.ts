import { closeSync } from 'node:fs';

/** The descriptors that came with a message. Those that nobody takes are closed with it. */
export class ReceivedDescriptors implements Disposable {
  readonly #descriptors: (number | undefined)[];

  constructor(descriptors: readonly number[] = []) {
    this.#descriptors = [...descriptors];
  }

  get count(): number {
    return this.#descriptors.length;
  }

  /** Hands one over: the caller closes it. Undefined if there is none of this index or it was taken before. */
  take(index: number): number | undefined {
    const descriptor = this.#descriptors[index];
    if (descriptor !== undefined) this.#descriptors[index] = undefined;
    return descriptor;
  }

  /** Closes those that were not taken. */
  [Symbol.dispose](): void {
    for (const index of this.#descriptors.keys()) {
      const descriptor = this.take(index);
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}
