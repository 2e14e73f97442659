import { type Random, seededRandom } from '../support/random.js';
import { counterName, pointsMax } from './instrument.js';
import { mutated } from './mutate.js';
import type { Target } from './target.js';

/** An input at which the target failed. */
export interface Finding {
  readonly input: Buffer;
  readonly error: unknown;
}

/** How often a branch was taken matters only roughly: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. A bit each. */
const buckets = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count <= 3) return [0, 1, 2, 4][count] ?? 0;
  return [8, 16, 32, 64, 64, 128][Math.floor(Math.log2(count)) - 2] ?? 128;
});

const counters = new Uint8Array(pointsMax);
Object.assign(globalThis, { [counterName]: counters });

/**
 * Looks for inputs that a target fails at: varies what it has, and keeps what takes a branch that none took before, or
 * took it more often. The same seed tries the same inputs in the same order.
 */
export class Fuzzer {
  executions = 0;
  readonly findings: Finding[] = [];
  readonly corpus: Buffer[] = [];
  readonly #target: Target;
  readonly #random: Random;
  readonly #beforeEach: (input: Buffer) => void;
  readonly #words: Uint32Array;
  /** Bits of `buckets` that were seen, by branch. */
  readonly #seen = new Uint8Array(pointsMax);

  /** `points`: how many branches there are; `beforeEach` is called before an input is run. */
  constructor(target: Target, seed: number, points = pointsMax, beforeEach: (input: Buffer) => void = () => undefined) {
    this.#target = target;
    this.#random = seededRandom(seed);
    this.#words = new Uint32Array(counters.buffer, 0, Math.ceil(points / 4));
    this.#beforeEach = beforeEach;
  }

  /** How many branches were taken so far. */
  get branches(): number {
    return this.#seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
  }

  /** Runs one input as it is. */
  try(input: Buffer): void {
    this.#words.fill(0);
    this.#beforeEach(input);
    this.executions++;
    const failed = this.#fails(input);
    if (this.#isNew()) this.corpus.push(input);
    if (failed) this.findings.push({ input, error: this.#explain(input) });
  }

  /** Runs `count` variations of the corpus, which must not be empty. */
  step(count: number): void {
    for (let index = 0; index < count; index++) {
      this.try(mutated(this.#pick(), this.#pick(), this.#target, this.#random));
    }
  }

  /** As few and as short inputs as take all branches that the corpus takes. */
  essence(): Buffer[] {
    const chosen: Buffer[] = [];
    this.#seen.fill(0);
    for (const input of [...this.corpus].sort((one, other) => one.length - other.length)) {
      this.#words.fill(0);
      if (!this.#fails(input) && this.#isNew()) chosen.push(input);
    }
    return chosen;
  }

  #fails(input: Buffer): boolean {
    try {
      this.#target.run(input);
      return false;
    } catch {
      return true;
    }
  }

  /** Runs it once more, for the stack: nearly every input ends in an error, and most of the time would go into stacks. */
  #explain(input: Buffer): unknown {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 20;
    try {
      this.#target.run(input);
      return new Error('It failed the first time only');
    } catch (error) {
      return error;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  /** Half of the time one of those that were found last. */
  #pick(): Buffer {
    const { length } = this.corpus;
    const index = this.#random(2) ? this.#random(length) : length - 1 - this.#random(Math.min(length, 32));
    return this.corpus[index] ?? Buffer.alloc(0);
  }

  #isNew(): boolean {
    let isNew = false;
    for (let word = 0; word < this.#words.length; word++) {
      if (this.#words[word] !== 0 && this.#notes(4 * word)) isNew = true;
    }
    return isNew;
  }

  #notes(first: number): boolean {
    let isNew = false;
    for (let point = first; point < first + 4; point++) {
      const bits = buckets[counters[point] ?? 0] ?? 0;
      const seen = this.#seen[point] ?? 0;
      if ((bits & ~seen) === 0) continue;
      this.#seen[point] = seen | bits;
      isNew = true;
    }
    return isNew;
  }
}
