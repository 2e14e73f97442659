import { fillTemplate } from './template.js';
import { type CompletedOption, completedVerbs, dashed, isEveryVerb, type Kind, optionGroups, quoted } from './words.js';

/** The completion for fish. */
export function fishCompletion(): string {
  return fillTemplate('fish', {
    OPTIONS_WITH_VALUE: separateValues().join(' '),
    VERBS: completedVerbs
      .map(({ name, help }) => `complete -c ferryctl -n __ferryctl_no_verb -a ${name} -d ${quoted(help)}`)
      .join('\n'),
    OPTIONS: optionLines(),
    ARGUMENTS: argumentLines(),
  });
}

function separateValues(): string[] {
  return optionGroups()
    .flatMap(({ options }) => options)
    .filter(({ value }) => value !== undefined)
    .flatMap(dashed);
}

function optionLines(): string {
  return optionGroups()
    .flatMap(({ verbs, options }) => {
      const condition = isEveryVerb(verbs) ? '' : ` -n ${quoted(`__ferryctl_verb_is ${verbs.join(' ')}`)}`;
      return options.map(
        (option) => `complete -c ferryctl${condition}${names(option)}${offer(option.value)} -d ${quoted(option.help)}`,
      );
    })
    .join('\n');
}

function names({ long, short }: CompletedOption): string {
  return `${short === undefined ? '' : ` -s ${short}`}${long === undefined ? '' : ` -l ${long}`}`;
}

function argumentLines(): string {
  return completedVerbs
    .flatMap(({ name, aliases, arguments: kinds, repeats }) =>
      kinds.flatMap((kind, index) => {
        if (kind.is === 'anything') return [];
        const position = repeats && index === kinds.length - 1 ? `'*'` : String(index + 1);
        return [name, ...aliases].map(
          (verb) => `complete -c ferryctl -n "__ferryctl_argument ${verb} ${position}"${offer(kind)}`,
        );
      }),
    )
    .join('\n');
}

function offer(kind: Kind | undefined): string {
  switch (kind?.is) {
    case undefined:
      return '';
    case 'choice':
      return ` -xa ${quoted(kind.values.join(' '))}`;
    case 'live':
      return ` -xa '(__ferryctl_live ${kind.list})'`;
    case 'file':
      return kind.suffixes === undefined ? ' -rF' : ` -xa '(__ferryctl_files ${kind.suffixes.join(' ')})'`;
    case 'directory':
      return ` -xa '(__fish_complete_directories)'`;
    case 'host':
      return ` -xa '(__fish_print_hostnames)'`;
    case 'verb':
      return ` -xa ${quoted(completedVerbs.map(({ name }) => name).join(' '))}`;
    case 'anything':
      return ' -x';
  }
}
