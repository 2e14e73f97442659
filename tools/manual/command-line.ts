import { type OptionDescription, optionTable } from '../../client/cli/option-table.js';
import { verbTable } from '../../client/cli/verbs.js';

/**
 * Fills the page of the client: in the sections Commands and Options its items are the names that --help has, and get their
 * arguments and first sentence from there.
 *
 * @param source of the page, as Markdown
 * @throws Error if a verb or option that --help shows has no item, or an item names none
 */
export function fillCommandLine(source: string): string {
  const named = new Set<string>();
  let title = '';
  const lines = source.split('\n').map((line) => {
    title = /^## (.*)/.exec(line)?.[1] ?? title;
    const [, names] = /^### (.*)/.exec(line) ?? [];
    if (names === undefined || (title !== 'Commands' && title !== 'Options')) return line;
    const entries = names.split(', ').map((name) => entryFor(name, title));
    for (const name of names.split(', ')) named.add(name);
    return `### ${entries.map(({ term }) => term).join(', ')}\n\n${entries.map(({ help }) => `${help}.`).join(' ')}`;
  });
  const missing = shownNames().filter((name) => !named.has(name));
  if (missing.length > 0) throw new Error(`units/man/ferryctl.1.md has no item for ${missing.join(', ')}`);
  return lines.join('\n');
}
function shownNames(): string[] {
  const verbs = verbTable.filter((verb) => verb.group !== 'Internal').map((verb) => verb.name);
  return [...verbs, 'help', ...optionTable.filter((option) => option.help !== undefined).map(optionName)];
}

/** `--force`, or `-m` for an option that has no long name. */
function optionName({ long, short }: OptionDescription): string {
  return long === undefined ? `-${short}` : `--${long}`;
}

interface PageItem {
  readonly term: string;
  readonly help: string;
}

function entryFor(name: string, title: string): PageItem {
  if (name === 'help' && title === 'Commands')
    return { term: '`help` [*COMMAND*]', help: 'Show the help text, or that of a command' };
  const verb = title === 'Commands' ? verbTable.find((candidate) => candidate.name === name) : undefined;
  if (verb !== undefined)
    return { term: `\`${verb.name}\` ${placeholders(verb.synopsis)}`.trimEnd(), help: verb.help + also(verb.aliases) };
  const option = title === 'Options' ? optionTable.find((candidate) => optionName(candidate) === name) : undefined;
  if (option?.help === undefined)
    throw new Error(`units/man/ferryctl.1.md has an item for ${name}, which --help has not`);
  return { term: optionTerm(option), help: option.help };
}

function also(aliases: readonly string[] | undefined): string {
  return aliases === undefined ? '' : `. Also called ${aliases.map((alias) => `\`${alias}\``).join(' and ')}`;
}

function optionTerm({ long, short, argument }: OptionDescription): string {
  const value = argument === undefined ? '' : `=${placeholders(argument)}`;
  const names = [
    ...(short === undefined ? [] : [`\`-${short}\``]),
    ...(long === undefined ? [] : [`\`--${long}\`${value}`]),
  ];
  return names.join(', ');
}

function placeholders(synopsis: string): string {
  return synopsis.replaceAll(/[A-Z]+(?:-[A-Z]+)*/g, '*$&*');
}
