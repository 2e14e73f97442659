interface Waiting {
  readonly alone: boolean;
  readonly start: () => void;
}

/** Lets calls through in the order in which they came: any number side by side, or one that wants to be alone. */
export class CallTurns {
  #inside = 0;
  #isAlone = false;
  #queue: Waiting[] = [];

  /** Null if the turn has come at once. Every turn is ended by leave(). */
  enter(alone: boolean): Promise<void> | undefined {
    if (this.#queue.length === 0 && this.#admits(alone)) {
      this.#admit(alone);
      return undefined;
    }
    return new Promise((start) => {
      this.#queue.push({ alone, start });
    });
  }

  leave(): void {
    this.#inside--;
    this.#isAlone = false;
    for (let next = this.#queue[0]; next && this.#admits(next.alone); next = this.#queue[0]) {
      this.#queue.shift();
      this.#admit(next.alone);
      next.start();
    }
  }

  #admits(alone: boolean): boolean {
    return !this.#isAlone && !(alone && this.#inside > 0);
  }

  #admit(alone: boolean): void {
    this.#inside++;
    this.#isAlone = alone;
  }
}
