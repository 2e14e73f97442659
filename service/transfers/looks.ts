import { Failure } from '../../common/failure.js';

/** How many can be had at once: each has a process. */
const limit = 16;

/** Looks at what servers have, outside of transfers: at most so many at a time. */
export class Looks {
  #looking = 0;

  /**
   * @throws Failure TooManyTransfers when there are as many as can be
   * @throws whatever `see` throws
   */
  async have<Seen>(see: () => Promise<Seen>): Promise<Seen> {
    if (this.#looking >= limit) {
      const message = `${limit} pulls are being looked at already, as many as are at once; try again in a moment`;
      throw new Failure('TooManyTransfers', message, { limit });
    }
    this.#looking += 1;
    try {
      return await see();
    } finally {
      this.#looking -= 1;
    }
  }
}
