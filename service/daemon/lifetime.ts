/** Conditions under which the service may end by itself. */
export interface LifetimeOptions {
  /** How long it stays without work, in milliseconds; undefined for ever. */
  idleAfter(): number | undefined;
  isIdle(): boolean;
  onIdle(): void;
}

/** Ends the service once it has had nothing to do for a while. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(options: LifetimeOptions) {
    this.#options = options;
  }

  /** To be called whenever work begins or ends. */
  reconsider(): void {
    const { isIdle, onIdle } = this.#options;
    const idleAfter = this.#options.idleAfter();
    if (idleAfter === undefined) return;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!isIdle()) return;
    this.#timer = setTimeout(() => {
      if (isIdle()) onIdle();
    }, idleAfter);
  }

  end(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
