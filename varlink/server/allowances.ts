import { type Account, unlimited } from '../transport/account.js';

/** How many bytes of unfinished calls each user has in memory; root is not counted. */
export class Allowances {
  readonly #max: number;
  readonly #held = new Map<number, number>();

  /** @param max bytes of one user */
  constructor(max: number) {
    this.#max = max;
  }

  accountOf(uid: number): Account {
    if (uid === 0) return unlimited;
    return { take: (bytes) => this.#take(uid, bytes), give: (bytes) => this.#add(uid, -bytes) };
  }

  #take(uid: number, bytes: number): boolean {
    if ((this.#held.get(uid) ?? 0) + bytes > this.#max) return false;
    this.#add(uid, bytes);
    return true;
  }

  #add(uid: number, bytes: number): void {
    const held = (this.#held.get(uid) ?? 0) + bytes;
    if (held > 0) this.#held.set(uid, held);
    else this.#held.delete(uid);
  }
}
