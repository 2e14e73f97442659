import type { OptionDescription } from './option-table.js';

/** An option of a command line. A shorthand has the name and the value it stands for, a flag alone has `yes`. */
export interface GivenOption {
  readonly name: string;
  readonly value: string;
  /** The option as it was written. */
  readonly option: OptionDescription;
}

/** A command line taken apart, before any value is judged. */
export interface ParsedArguments {
  /** In the order given. */
  readonly options: readonly GivenOption[];
  readonly positionals: readonly string[];
}
