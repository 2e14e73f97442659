/** How long the event loop is kept from others at once, in milliseconds. */
const sliceMilliseconds = 5;

/** All long work of this process that waits for its next slice. */
const waiting: (() => void)[] = [];

function resumeOne(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(resumeOne);
}

/** Cuts long work into slices: one of all such work is run each time the event loop goes round, and others have their turn between. */
export class Slices {
  #end = 0;

  /** Whether this slice is used up: to be asked before pause(), which takes longer than a small piece of work. */
  get isUsedUp(): boolean {
    return performance.now() >= this.#end;
  }

  /** Waits for the next slice if this one is used up. */
  async pause(): Promise<void> {
    if (!this.isUsedUp) return;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(resumeOne);
    });
    this.#end = performance.now() + sliceMilliseconds;
  }
}
