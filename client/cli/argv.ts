import type { GivenOption, ParsedArguments } from './arguments.js';
import { UsageError } from './failure.js';
import { checkFit } from './fit.js';
import { type OptionDescription, optionTable } from './option-table.js';
import type { ProcessContext } from './process-context.js';
import { didYouMean } from './suggest.js';
import { parseBoolean } from './values.js';
import { argumentCounts, defaultVerb, scopesOf, type VerbDescription, verbTable } from './verbs.js';

/** What is to be done. */
export type Invocation =
  | { readonly kind: 'help'; readonly verb: VerbDescription | undefined; readonly pager: boolean }
  | { readonly kind: 'version' }
  | { readonly kind: 'introspection'; readonly json: string }
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | CommandRequest;

export interface CommandRequest extends ParsedArguments {
  readonly kind: 'command';
  readonly verb: VerbDescription;
  /** What else is to be said about the options. */
  readonly warnings: readonly string[];
}

const longNames = optionTable.flatMap((option) => (option.long === undefined ? [] : [option.long]));

/**
 * Takes a command line apart as getopt_long(3) does with permutation: bundled and attached short options, long options
 * by unambiguous prefix, options anywhere, `--` ends them. A prefix is that of an option that the verb takes, if it is of any: an
 * option of another verb is not in the way.
 *
 * @param programName what we were called as: importctl ignores some of its options
 * @throws UserError for an unknown or ambiguous option, and for a missing or superfluous argument
 */
export function parseArguments(
  argv: readonly string[],
  programName: ProcessContext['programName'] = 'ferryctl',
): ParsedArguments {
  const isLenient = programName === 'importctl';
  const verbs = new Set(argv.flatMap((word) => verbOf(word) ?? []));
  const attempts = [...verbs].map((verb) => attemptAs(verb, argv, isLenient));
  // A word that is an argument may be called as a verb is.
  const found = attempts.find((attempt) => 'positionals' in attempt);
  if (found !== undefined && 'positionals' in found) return found;
  const failed = attempts.find((attempt) => 'error' in attempt);
  if (failed !== undefined && 'error' in failed) throw failed.error;
  return parseWith(argv, isLenient ? likelyOptions(findVerb(defaultVerb), isLenient) : []);
}

/** What a command line says if this is its verb; nothing if it is not. */
function attemptAs(
  verb: VerbDescription,
  argv: readonly string[],
  isLenient: boolean,
): ParsedArguments | { readonly error: unknown } | Record<never, never> {
  try {
    const parsed = parseWith(argv, likelyOptions(verb, isLenient));
    return verbOf(parsed.positionals[0] ?? '') === verb ? parsed : {};
  } catch (error) {
    return { error };
  }
}

/** Options in the order in which a long name is looked for in them. */
type Tables = readonly (readonly OptionDescription[])[];

/** All that importctl(1) has of systemd 256 and 257. */
const ofImportctl =
  /^(help|version|no-(pager|legend|ask-password)|host|machine|read-only|force|image-root|verify|format|class|keep-download|json|quiet|system|user)$/;

/**
 * The options that a verb takes. A script that calls importctl means those that systemd has, and one that shortens `--image-root` to
 * `--i` does not mean the description of the command line.
 */
function likelyOptions(verb: VerbDescription, isLenient: boolean): Tables {
  const scopes = scopesOf(verb);
  const taken = optionTable.filter(
    ({ long, scope, isLenient: isIgnored }) =>
      long !== 'introspect-cli' && (scopes.has(scope) || (isLenient && isIgnored)),
  );
  const isItsVerb = isLenient && verb.group === 'Commands';
  return isItsVerb ? [taken.filter(({ long }) => ofImportctl.test(long ?? '')), taken] : [taken];
}

/** @param likely the options that a long name may be of, before all others */
function parseWith(argv: readonly string[], likely: Tables): ParsedArguments {
  const options: GivenOption[] = [];
  const positionals: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      positionals.push(...words);
      break;
    }
    if (word.startsWith('--')) options.push(parseLong(word, words, likely));
    else if (word.startsWith('-') && word !== '-') options.push(...parseShorts(word, words));
    else positionals.push(word);
  }
  return { options, positionals };
}

function given(option: OptionDescription, value: string): GivenOption {
  const [name, meant] = option.standsFor ?? [option.long ?? option.short ?? '', value];
  return { name, value: meant, option };
}

function parseLong(word: string, following: string[], likely: Tables): GivenOption {
  const equals = word.indexOf('=');
  const written = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const option = findIn([...likely, optionTable], written) ?? unknownLong(written);
  const name = option.long ?? written;
  if (option.kind === 'value') return given(option, attached ?? nextWord(option, `--${name}`, following));
  if (option.kind === 'flag') return given(option, attached ?? 'yes');
  if (attached !== undefined) throw new UsageError(`Option --${name} takes no argument, but was given '${attached}'.`);
  return given(option, 'yes');
}

function findIn(tables: Tables, written: string): OptionDescription | undefined {
  for (const table of tables) {
    const found = findLong(written, table);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @throws UserError if it may be several */
function findLong(written: string, table: readonly OptionDescription[]): OptionDescription | undefined {
  const exact = table.find((option) => option.long === written);
  if (exact !== undefined) return exact;
  const candidates = written === '' ? [] : table.filter((option) => option.long?.startsWith(written));
  const shown = candidates.filter((option) => option.help !== undefined);
  const [only, second] = shown.length > 0 ? shown : candidates;
  if (only === undefined || second === undefined) return only;
  const names = candidates.map((option) => `--${option.long}`).join(', ');
  throw new UsageError(`Option --${written} is ambiguous: it may mean ${names}.`);
}

/** @throws UserError */
function unknownLong(written: string): never {
  throw new UsageError(`Unknown option --${written}.${didYouMean(written, longNames, (name) => `--${name}`)}`);
}

function parseShorts(word: string, following: string[]): GivenOption[] {
  const found: GivenOption[] = [];
  for (let index = 1; index < word.length; index++) {
    const letter = word.charAt(index);
    const option = optionTable.find((candidate) => candidate.short === letter);
    if (option === undefined) throw new UsageError(unknownShort(word, letter));
    if (option.kind === 'value') {
      const attached = word.slice(index + 1);
      found.push(given(option, attached === '' ? nextWord(option, `-${letter}`, following) : attached));
      break;
    }
    found.push(given(option, 'yes'));
  }
  return found;
}

/** `-verify=no` is a slip for `--verify=no`, not seven unknown letters. */
function unknownShort(word: string, letter: string): string {
  const name = word.slice(1).split('=')[0] ?? '';
  const meant = name.length > 2 && longNames.includes(name) ? ` Did you mean -${word}?` : '';
  return `Unknown option -${letter}${word.length > 2 ? ` in ${word}` : ''}.${meant}`;
}

function nextWord({ values = [] }: OptionDescription, written: string, following: string[]): string {
  const next = following.shift();
  const ways = values.map((value) => `${written}=${value}`).join(', ');
  if (next === undefined) throw new UsageError(`Option ${written} needs an argument${ways === '' ? '' : `: ${ways}`}.`);
  if (values.length > 0 && verbOf(next) !== undefined) {
    throw new UsageError(`Option ${written} needs an argument before the command '${next}': ${ways}.`);
  }
  return next;
}

function verbOf(word: string): VerbDescription | undefined {
  return verbTable.find((candidate) => candidate.name === word || candidate.aliases?.includes(word));
}

/** What other programs call the same. */
const synonyms: Readonly<Record<string, string>> = {
  images: 'list-images',
  ls: 'list-images',
  show: 'list-images',
  rm: 'remove-image',
  rmi: 'remove-image',
  delete: 'remove-image',
  mv: 'rename-image',
  move: 'rename-image',
  cp: 'clone-image',
  copy: 'clone-image',
  ps: 'list-transfers',
  status: 'list-transfers',
  transfers: 'list-transfers',
  download: 'pull-tar or pull-raw',
  fetch: 'pull-tar or pull-raw',
  get: 'pull-tar or pull-raw',
  pull: 'pull-tar, pull-raw or pull-oci',
  load: 'import-tar, import-raw or import-oci',
  import: 'import-tar, import-raw or import-fs',
  save: 'export-tar, export-raw or export-oci',
  export: 'export-tar, export-raw or export-oci',
  stop: 'cancel-transfer',
  kill: 'cancel-transfer',
  abort: 'cancel-transfer',
  prune: 'clean',
};

/** @throws UserError if there is no such verb */
export function findVerb(word: string): VerbDescription {
  const verb = verbOf(word);
  if (verb !== undefined) return verb;
  const names = [...verbTable.map(({ name }) => name), 'help', ...verbTable.flatMap(({ aliases = [] }) => aliases)];
  const meant = synonyms[word.toLowerCase()];
  const hint = meant === undefined ? didYouMean(word, names) : ` Did you mean ${meant}?`;
  throw new UsageError(`Unknown command '${word}'.${hint}`);
}

function checkArgumentCount(verb: VerbDescription, count: number): void {
  const { minimum, maximum } = argumentCounts(verb);
  if (count >= minimum && count <= maximum) return;
  const problem = count < minimum ? 'Too few' : 'Too many';
  throw new UsageError(`${problem} arguments for ${verb.name}: expected '${`${verb.name} ${verb.synopsis}`.trim()}'.`);
}

const informing = ['help', 'version', 'introspect-cli'] as const;

/** Which option that informs was given first. */
function informationAsked(options: ParsedArguments['options']): (typeof informing)[number] | undefined {
  const [first] = options.flatMap(({ name, value }) =>
    value === 'yes' ? informing.filter((informer) => informer === name) : [],
  );
  return first;
}

/**
 * Finds out what a command line asks for. A command comes with the options that it takes, and as many arguments.
 *
 * @param programName what we were called as: importctl minds less
 * @throws UserError for anything that cannot be understood
 */
export function readRequest(
  argv: readonly string[],
  programName: ProcessContext['programName'] = 'ferryctl',
): Invocation {
  const { options, positionals } = parseArguments(argv, programName);
  const [word, ...rest] = positionals;
  const information = informationAsked(options);
  if (information === 'version') return { kind: 'version' };
  const topic = word === 'help' ? rest[0] : word;
  if (word === 'help' || information === 'help') {
    return { kind: 'help', verb: topic === undefined ? undefined : findVerb(topic), pager: pagerWanted(options) };
  }
  const asked = valuesAsked(options);
  if (asked !== undefined) return { kind: 'values', values: asked };
  if (information === 'introspect-cli') return { kind: 'introspection', json: jsonAsked(options) };
  const verb = findVerb(word ?? defaultVerb);
  const settings = options.filter(({ name }) => !informing.some((informer) => informer === name));
  checkArgumentCount(verb, rest.length);
  const warnings = checkFit(verb, settings, programName === 'importctl');
  return { kind: 'command', verb, options: settings, positionals: rest, warnings };
}

/** What was made of the text of `--json=` is read where the terminal is known. */
function jsonAsked(options: ParsedArguments['options']): string {
  return options.findLast(({ name }) => name === 'json')?.value ?? 'off';
}

function pagerWanted(options: ParsedArguments['options']): boolean {
  const wish = options.findLast(({ name }) => name === 'pager')?.value;
  return wish === undefined || parseBoolean('--pager', wish);
}

/** `--verify=help` lists the values and does nothing else, so the verb and its arguments do not matter. */
function valuesAsked(options: ParsedArguments['options']): readonly string[] | undefined {
  return options.find(({ option, value }) => value === 'help' && option.values !== undefined)?.option.values;
}
