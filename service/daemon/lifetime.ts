/** Conditions under which the service may end by itself. */
export interface LifetimeOptions {
  /** How long it stays without work, in milliseconds; null for ever. */
  idleAfter(): number | null;
  isIdle(): boolean;
  onIdle(): void;
}

/** Ends the service once it has had nothing to do for a while. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LifetimeOptions) {
    this.#options = options;
  }

  /** To be called whenever work begins or ends. */
  reconsider(): void {
    const { isIdle, onIdle } = this.#options;
    const idleAfter = this.#options.idleAfter();
    if (idleAfter === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!isIdle()) return;
    this.#timer = setTimeout(() => {
      if (isIdle()) onIdle();
    }, idleAfter);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
