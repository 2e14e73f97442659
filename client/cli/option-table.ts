import type { OptionTraits } from './option/kinds.js';
import { settingOptions } from './options.js';

/**
 * An option as it is written.
 * - `flag`: alone, or with a boolean (`--force`, `--force=no`)
 * - `value`: with an argument, attached or in the next word
 * - `shorthand`: alone; stands for another option with a value (`-m` for `--class=machine`)
 */
export interface OptionDescription extends Omit<OptionTraits, 'shorthands' | 'negation' | 'isHidden'> {
  readonly long?: string;
  readonly kind: 'flag' | 'value' | 'shorthand';
  /** For `shorthand`: option and value it stands for. */
  readonly standsFor?: readonly [long: string, value: string];
}

/** The name of the option that becomes a setting: `keepDownload` is `keep-download`. */
export function optionName(setting: string): string {
  return setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function describe(name: string, option: OptionTraits): OptionDescription[] {
  const { shorthands = [], negation, isHidden = false, ...traits } = option;
  const kind = traits.argument === undefined ? 'flag' : 'value';
  const { scope, isLenient = false } = traits;
  const negated = negation === undefined ? [] : [{ long: `no-${name}`, value: 'no', help: negation }];
  return [
    ...(isHidden ? [] : [{ ...traits, long: name, kind } as const]),
    ...[...negated, ...shorthands].map(({ value: meant, ...written }) => {
      return { ...written, kind: 'shorthand', standsFor: [name, meant], scope, isLenient } as const;
    }),
  ];
}

/** Every option in each of its spellings, in the order of --help. */
export const optionTable: readonly OptionDescription[] = [
  { long: 'help', short: 'h', kind: 'flag', scope: 'all', help: 'Show this help' },
  { long: 'version', kind: 'flag', scope: 'all', help: 'Show the version' },
  {
    long: 'introspect-cli',
    kind: 'shorthand',
    standsFor: ['introspect-cli', 'yes'],
    scope: 'all',
    help: 'Describe all commands and options, as JSON',
  },
  ...Object.entries(settingOptions).flatMap(([setting, option]) => describe(optionName(setting), option)),
];
