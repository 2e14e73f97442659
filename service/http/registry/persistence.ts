import { RetryPolicy } from '../pace.js';
import { Broken } from '../problem.js';
import type { ExchangeOptions } from './exchange.js';

/** Repeats what a broken connection ends, as often as the rules of a download have it (docs/architecture.md). */
export class Persistence {
  readonly #options: ExchangeOptions;
  readonly #what: string;
  readonly #retryPolicy: RetryPolicy;

  /** @param what is repeated, as notices call it */
  constructor(options: ExchangeOptions, what: string) {
    const { clock, limits } = options.network;
    this.#options = options;
    this.#what = what;
    this.#retryPolicy = new RetryPolicy(clock, limits);
  }

  /**
   * @param reached how many bytes the registry has by now, as far as it has said
   * @throws the cause of Broken when it is enough; what else `action` throws
   */
  async retry<Result>(action: () => Promise<Result>, reached: () => number = () => 0): Promise<Result> {
    const { network, resume, signal, onNotice } = this.#options;
    for (;;) {
      const before = reached();
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        const pause = resume ? this.#retryPolicy.pauseAfter(reached() - before) : undefined;
        if (pause === undefined) throw error.cause ?? error;
        onNotice(`${this.#what} broke off (${error.message}): trying again`);
        await network.clock.sleep(pause, signal);
      }
    }
  }
}
