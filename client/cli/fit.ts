import type { ParsedArguments } from './argv.js';
import { UserError } from './failure.js';
import { lenientOptions, type OptionDescription, optionTable } from './options.js';
import { readBoolean } from './values.js';
import { scopesOf, type VerbDescription, verbTable } from './verbs.js';

type GivenOptions = ParsedArguments['options'];

/**
 * Refuses options that a verb does not take, and ones that contradict each other.
 *
 * @param lenient whether we were called as importctl, which ignores the former and takes the last of the latter
 * @returns what to warn of instead: where an ignored option would have protected somebody
 * @throws UserError
 */
export function checkFit(verb: VerbDescription, options: GivenOptions, lenient: boolean): string[] {
  const strict = lenient ? options.filter(([name]) => !lenientOptions.has(name)) : options;
  for (const [name, value] of strict) refuseUnfit(verb, name, value);
  if (verb.group !== 'Internal') refuseContradiction(strict);
  return lenient ? warningsFor(verb, options) : [];
}

function describeOption(name: string): OptionDescription | undefined {
  return (
    optionTable.find((option) => option.long === name) ?? optionTable.find((option) => option.standsFor?.[0] === name)
  );
}

function isTaken(verb: VerbDescription, name: string): boolean {
  const option = describeOption(name);
  return option === undefined || scopesOf(verb).has(option.scope);
}

function refuseUnfit(verb: VerbDescription, name: string, value: string): void {
  if (isTaken(verb, name)) return;
  const shown = describeOption(name)?.kind === 'value' ? `--${name}=` : written(name, value);
  throw new UserError(`Cannot use ${shown} with ${verb.name}: ${takersOf(name)}`);
}

/** Who takes it instead, unless these are nearly all. */
function takersOf(name: string): string {
  const able = verbTable.filter((each) => each.group !== 'Internal' && isTaken(each, name)).map((each) => each.name);
  if (able.length > 6) return 'it has no effect there';
  return able.length === 1
    ? `only ${able[0]} takes it`
    : `only ${able.slice(0, -1).join(', ')} and ${able.at(-1)} take it`;
}

/** `--keyring=` may be given more than once; of what is given twice with the same value nobody expects something else. */
function refuseContradiction(options: GivenOptions): void {
  const first = new Map<string, string>();
  for (const [name, value] of options) {
    const before = first.get(name);
    if (name !== 'keyring' && before !== undefined && meaning(before) !== meaning(value)) {
      throw new UserError(`Cannot use ${written(name, before)} and ${written(name, value)} together: choose one`);
    }
    first.set(name, value);
  }
}

function meaning(value: string): string {
  return String(readBoolean(value) ?? value);
}

/** The option as people write it. */
function written(name: string, value: string): string {
  const shorthand = optionTable.find(
    ({ long, standsFor }) => long !== undefined && standsFor?.[0] === name && standsFor[1] === value,
  );
  if (shorthand !== undefined) return `--${shorthand.long}`;
  return describeOption(name)?.kind === 'flag' && value === 'yes' ? `--${name}` : `--${name}=${value}`;
}

/** Who asks for a verification that there is not may believe that there was one. */
function warningsFor(verb: VerbDescription, options: GivenOptions): string[] {
  const verifications = options.filter(([name]) => name === 'verify').map(([, value]) => value);
  const asked = verifications.at(-1);
  if (asked === undefined) return [];
  if (!isTaken(verb, 'verify')) {
    const isFree = asked === 'no' || !/^(?:import|export)-/.test(verb.name);
    return isFree ? [] : [`Ignoring --verify=${asked}: ${verb.name} verifies nothing`];
  }
  const other = verifications.find((value) => value !== asked);
  return other === undefined ? [] : [`Ignoring --verify=${other}: --verify=${asked} comes last`];
}
