import { closeSync } from 'node:fs';

/**
 * Open descriptors, which whoever has this object closes, by disposal, or hands on: the one form in which a transfer owns some.
 * Processes are given copies.
 */
export class OwnedDescriptors implements Disposable {
  #numbers: readonly number[];

  /** Takes over what the caller has opened. */
  constructor(numbers: readonly number[] = []) {
    this.#numbers = numbers;
  }

  /** None once they were closed or handed on. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** The first one, where there is one for certain. */
  get first(): number {
    const [first] = this.#numbers;
    if (first === undefined) throw new Error('a descriptor that was closed or handed on is used');
    return first;
  }

  /** Takes over one more. */
  add(descriptor: number): void {
    this.#numbers = [...this.#numbers, descriptor];
  }

  /** Takes over those of another owner, behind these. */
  adopt(other: OwnedDescriptors): void {
    this.#numbers = [...this.#numbers, ...other.move().numbers];
  }

  /** Hands them on: what is given back owns them, and this does not any more. */
  move(): OwnedDescriptors {
    const moved = new OwnedDescriptors(this.#numbers);
    this.#numbers = [];
    return moved;
  }

  /** Closes them, once. */
  [Symbol.dispose](): void {
    const numbers = this.#numbers;
    this.#numbers = [];
    for (const descriptor of numbers) closeSync(descriptor);
  }
}
