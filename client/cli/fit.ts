import { readBoolean } from '../../common/environment.js';
import type { GivenOption, ParsedArguments } from './arguments.js';
import { UsageError } from './failure.js';
import type { OptionDescription } from './option-table.js';
import { verifications } from './values.js';
import { scopesOf, type VerbDescription, verbTable } from './verbs.js';

type GivenOptions = ParsedArguments['options'];

/**
 * Refuses options that a verb does not take, and different options that contradict each other. Of one option that is
 * given more than once the last counts, as with getopt_long(3), so that scripts can append one that overrides.
 *
 * @param lenient whether we were called as importctl, which ignores the former and takes the last of the latter
 * @returns what to warn of instead: where an option that does not count would have protected somebody
 * @throws UserError
 */
export function checkFit(verb: VerbDescription, options: GivenOptions, lenient: boolean): string[] {
  const strict = lenient ? options.filter(({ option }) => option.isLenient !== true) : options;
  for (const given of strict) refuseUnfit(verb, given);
  if (verb.group === 'Internal') return [];
  refuseContradiction(strict);
  return warningsFor(verb, options);
}

function isTaken(verb: VerbDescription, { scope }: OptionDescription): boolean {
  return scopesOf(verb).has(scope);
}

function refuseUnfit(verb: VerbDescription, { option, value }: GivenOption): void {
  if (isTaken(verb, option)) return;
  const shown = option.kind === 'value' ? `--${option.long}=` : written(option, value);
  throw new UsageError(`Cannot use ${shown} with ${verb.name}: ${takersOf(option)}`);
}

/** Who takes it instead, unless these are nearly all. */
function takersOf(option: OptionDescription): string {
  const able = verbTable.filter((each) => each.group !== 'Internal' && isTaken(each, option)).map((each) => each.name);
  if (able.length > 8) return 'it has no effect there';
  return able.length === 1
    ? `only ${able[0]} takes it`
    : `only ${able.slice(0, -1).join(', ')} and ${able.at(-1)} take it`;
}

function refuseContradiction(options: GivenOptions): void {
  const last = new Map(options.map((each) => [spelling(each.option), each]));
  for (const one of last.values()) {
    const other = [...last.values()].find((each) => each.name === one.name && !isCompatible(each, one));
    if (other === undefined) continue;
    const both = `${written(one.option, one.value)} and ${written(other.option, other.value)}`;
    throw new UsageError(`Cannot use ${both} together: choose one`);
  }
}

/** The same for an option and its negation, `--pager` and `--no-pager`. */
function spelling({ long, short }: OptionDescription): string | undefined {
  return long?.replace(/^no-/, '') ?? short;
}

function isCompatible(one: GivenOption, other: GivenOption): boolean {
  const [first, second] = [meaning(one.value), meaning(other.value)];
  return first === second || ([first, second].includes('auto') && ![first, second].includes('false'));
}

/** `--json=off` is a truth value, too. */
function meaning(value: string): string {
  return String(readBoolean(value) ?? value);
}

/** The option as people write it. */
function written({ kind, long, short }: OptionDescription, value: string): string {
  if (long === undefined) return `-${short}`;
  return kind === 'shorthand' || (kind === 'flag' && value === 'yes') ? `--${long}` : `--${long}=${value}`;
}

/** Who asks for a verification that there is not may believe that there was one. */
function warningsFor(verb: VerbDescription, options: GivenOptions): string[] {
  const given = options.filter(({ name }) => name === 'verify');
  const asked = given.at(-1);
  if (asked === undefined) return [];
  if (!isTaken(verb, asked.option)) {
    const isFree = asked.value === 'no' || !/^(?:import|export)-/.test(verb.name);
    return isFree ? [] : [`Ignoring --verify=${asked.value}: ${verb.name} verifies nothing`];
  }
  const stronger = given.find(({ value }) => strength(value) > strength(asked.value));
  return stronger === undefined ? [] : [`Ignoring --verify=${stronger.value}: --verify=${asked.value} comes last`];
}

function strength(verification: string): number {
  return (verifications as readonly string[]).indexOf(verification);
}
