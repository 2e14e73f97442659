import type { ProcessContext } from '../process-context.js';
import { parseBoolean, parseChoice } from '../values.js';

/**
 * Which verbs take an option: those that name its scope in `takes` (verbs.ts), and all of them for `all`, `output` and
 * `connect`. Given to any other verb it is an error: it would have no effect.
 */
export type OptionScope =
  | 'all'
  | 'output'
  | 'connect'
  | 'class'
  | 'root'
  | 'pull'
  | 'download'
  | 'oci'
  | 'platform'
  | 'registry'
  | 'archive'
  | 'push'
  | 'proof'
  | 'keyring'
  | 'online'
  | 'verify'
  | 'place'
  | 'force'
  | 'read-only'
  | 'export'
  | 'rehearse'
  | 'prune'
  | 'count'
  | 'history'
  | 'watch'
  | 'list'
  | 'table'
  | 'trust';

/** Stands alone for an option with a value: `-m` for `--class=machine`. */
interface Shorthand {
  readonly long?: string;
  readonly short?: string;
  readonly value: string;
  readonly help?: string;
}

export interface OptionTraits {
  readonly scope: OptionScope;
  readonly short?: string;
  /** What --help calls the argument; an option without one is a flag: alone, or with a boolean (`--force`, `--force=no`). */
  readonly argument?: string;
  /** The line in --help; an option without one is not shown there. */
  readonly help?: string;
  readonly shorthands?: readonly Shorthand[];
  /** The line in --help of the shorthand `--no-OPTION`. */
  readonly negation?: string;
  /** There are shorthands only. */
  readonly isHidden?: boolean;
  /** What `--OPTION=help` lists. */
  readonly values?: readonly string[];
  /** Given more than once it adds up; of any other option the last value counts. */
  readonly addsUp?: boolean;
  /**
   * importctl(1) does not mind where it is given and what else is; the last one counts. Called by that name, neither do we.
   */
  readonly isLenient?: boolean;
}

/** An option that becomes a setting. */
export interface SettingOption<Value> extends OptionTraits {
  /**
   * @param texts the values that were given, in order
   * @param option how messages call it
   * @throws UserError if one cannot be understood
   */
  readonly read: (texts: readonly string[], option: string, context: ProcessContext) => Value;
}

type Reader<Value> = (option: string, text: string, context: ProcessContext) => Value;

/** An option that is undefined unless it is given. */
export function value<Value>(reader: Reader<Value>, traits: OptionTraits): SettingOption<Value | undefined> {
  const read: SettingOption<Value | undefined>['read'] = (texts, option, context) => {
    const text = texts.at(-1);
    return text === undefined ? undefined : reader(option, text, context);
  };
  return { ...traits, read };
}

export function choice<Value extends string>(values: readonly Value[]): Reader<Value> {
  return (option, text) => parseChoice(option, text, values);
}

export function flag(scope: OptionScope, help: string, traits: Partial<OptionTraits> = {}): SettingOption<boolean> {
  return { scope, help, ...traits, read: (texts, option) => parseBoolean(option, texts.at(-1) ?? 'no') };
}

/** A flag that is set unless its negation is given, which alone is shown. */
export function negatable(scope: OptionScope, negation: string): SettingOption<boolean> {
  return { scope, negation, read: (texts, option) => parseBoolean(option, texts.at(-1) ?? 'yes') };
}
