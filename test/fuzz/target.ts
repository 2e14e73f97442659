import type { Random } from '../support/random.js';

/** What is fuzzed. */
export interface Target {
  readonly name: string;
  /** Inputs grow no longer than this, in bytes. */
  readonly lengthMax: number;
  /** Byte strings (latin1) that mean something. */
  readonly dictionary: readonly string[];
  /** Inputs to begin with, beside those that were kept. */
  seeds(): readonly Buffer[];
  /** Takes one input as the product would. Whatever this throws is a finding. */
  run(input: Buffer): void;
  /** Changes an input (in place, or into a new one) as someone who knows the format would. */
  mutate?(input: Buffer, random: Random): Buffer;
  /** Makes right what has to be right for the input to be looked at, such as checksums. In place. */
  repair?(input: Buffer): void;
}
