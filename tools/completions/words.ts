import { type OptionDescription, optionTable } from '../../client/cli/option-table.js';
import { scopesOf, type VerbDescription, verbTable } from '../../client/cli/verbs.js';
import { trustActions } from '../../client/trust/actions.js';
import { rawSuffixes, tarSuffixes } from '../../common/suffixes.js';

// The completions are whole, and ask the program only for what there is on the host: they answer in 0.6 ms (bash), where starting
// the program for each key takes 70 ms of processor time.

/** What a word on the command line can be. */
export type Kind =
  | { readonly is: 'choice'; readonly values: readonly string[] }
  /** What `ferryctl complete` lists. */
  | { readonly is: 'live'; readonly list: 'images' | 'trees' | 'disks' | 'transfers' | 'containers' }
  | { readonly is: 'file'; readonly suffixes?: readonly string[] }
  | { readonly is: 'directory' | 'host' | 'verb' | 'anything' };

export interface CompletedOption {
  /** Without dashes. */
  readonly long: string | undefined;
  readonly short: string | undefined;
  readonly help: string;
  /** Undefined if it takes no value. */
  readonly value: Kind | undefined;
  readonly repeatable: boolean;
  /** The names of the verbs whose help shows it. */
  readonly verbs: readonly string[];
}

export interface CompletedVerb {
  readonly name: string;
  /** Also understood, but not offered. */
  readonly aliases: readonly string[];
  readonly help: string;
  /** What its arguments are, in turn. */
  readonly arguments: readonly Kind[];
  /** Whether the last of them may be repeated. */
  readonly repeats: boolean;
}

const booleans: Kind = { is: 'choice', values: ['yes', 'no'] };
const shownVerbs = verbTable.filter((verb) => verb.group !== 'Internal');

/** Every verb of --help. */
export const completedVerbs: readonly CompletedVerb[] = [
  ...shownVerbs.map((verb) => {
    const words = verb.synopsis === '' ? [] : verb.synopsis.split(' ');
    return {
      name: verb.name,
      aliases: verb.aliases ?? [],
      help: verb.help,
      arguments: words.map((word, index) => argumentKind(verb, word.replaceAll(/[[\]…]/g, ''), index)),
      repeats: verb.synopsis.endsWith('…'),
    };
  }),
  { name: 'help', aliases: [], help: 'Show help, or that of a command', arguments: [{ is: 'verb' }], repeats: false },
];

/** Every option of --help. */
export const completedOptions: readonly CompletedOption[] = optionTable.flatMap((option) => {
  if (option.help === undefined) return [];
  const verbs = shownVerbs.filter((verb) => scopesOf(verb).has(option.scope)).map((verb) => verb.name);
  const value = option.kind === 'value' ? valueKind(option) : undefined;
  const { long, short, help, addsUp: repeatable = false } = option;
  return [{ long, short, help, value, repeatable, verbs }];
});

function argumentKind(verb: VerbDescription, word: string, index: number): Kind {
  switch (word) {
    case 'NAME':
      return index === 0 ? { is: 'live', list: imageList(verb.name) } : { is: 'anything' };
    case 'FILE':
      return index === 0 ? { is: 'file', suffixes: sourceSuffixes(verb.name) } : { is: 'file' };
    case 'DIRECTORY':
      return { is: 'directory' };
    case 'ID':
      return { is: 'live', list: 'transfers' };
    case 'ACTION':
      return { is: 'choice', values: trustActions };
    case 'KEY':
    case 'PATH':
      return { is: 'file' };
    case 'BOOL':
      return booleans;
    default:
      return { is: 'anything' };
  }
}

function imageList(verb: string): 'images' | 'trees' | 'disks' {
  if (verb === 'export-tar' || verb === 'export-oci') return 'trees';
  return verb === 'export-raw' ? 'disks' : 'images';
}

/** `.raw` stands for `.sysext.raw` as well. */
function sourceSuffixes(verb: string): readonly string[] {
  return verb === 'import-tar' ? tarSuffixes : rawSuffixes.filter((suffix) => suffix.lastIndexOf('.') === 0);
}

function valueKind({ argument, values }: OptionDescription): Kind {
  if (values !== undefined) return { is: 'choice', values };
  switch (argument) {
    case 'BOOL':
      return booleans;
    case 'FILE':
      return { is: 'file' };
    case 'PATH':
      return { is: 'directory' };
    case '[USER@]HOST':
      return { is: 'host' };
    case 'CONTAINER':
      return { is: 'live', list: 'containers' };
    default:
      return { is: 'anything' };
  }
}

/** The options grouped by the verbs that have them; the ones that every verb has come first. */
export function optionGroups(): { readonly verbs: readonly string[]; readonly options: readonly CompletedOption[] }[] {
  const groups = new Map<string, CompletedOption[]>();
  for (const option of completedOptions) {
    const key = option.verbs.join(' ');
    groups.set(key, [...(groups.get(key) ?? []), option]);
  }
  return [...groups].map(([key, options]) => ({ verbs: key.split(' '), options }));
}

/** Whether every verb is among these. */
export function isEveryVerb(verbs: readonly string[]): boolean {
  return verbs.length === shownVerbs.length;
}

/** The names of an option with dashes. */
export function dashed({ long, short }: CompletedOption): string[] {
  return [...(short === undefined ? [] : [`-${short}`]), ...(long === undefined ? [] : [`--${long}`])];
}

/** Text in single quotes, for all three shells. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
