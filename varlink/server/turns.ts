/**
 * Lets users take turns, so that one who calls all the time does not hold up the others: of all that wait, each user's first is run
 * before anybody's second. Between two of them the event loop goes round once.
 */
export class UserTurns {
  /** What waits, by user, in the order in which the users have their turn. */
  readonly #waiting = new Map<number, (() => void)[]>();
  #isBusy = false;

  /**
   * Runs a job when it is the user's turn; resolves with what it gives back.
   *
   * @throws whatever the job throws
   */
  take<Value>(user: number, job: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(job());
        } catch (error) {
          reject(error);
        }
      };
      const queue = this.#waiting.get(user) ?? [];
      queue.push(run);
      this.#waiting.set(user, queue);
      if (!this.#isBusy) this.#runNext();
    });
  }

  readonly #runNext = (): void => {
    const [next] = this.#waiting;
    this.#isBusy = next !== undefined;
    if (next === undefined) return;
    const [user, queue] = next;
    const run = queue.shift();
    // The user's next job comes after one of everybody else's.
    this.#waiting.delete(user);
    if (queue.length > 0) this.#waiting.set(user, queue);
    run?.();
    setImmediate(this.#runNext);
  };
}
