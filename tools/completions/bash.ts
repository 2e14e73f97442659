import { fillTemplate } from './template.js';
import { completedOptions, completedVerbs, dashed, isEveryVerb, type Kind, optionGroups, quoted } from './words.js';

/** The completion for bash. It works with and without the package bash-completion. */
export function bashCompletion(): string {
  return fillTemplate('bash', {
    OPTION_VALUES: optionCases(),
    ARGUMENTS: argumentCases(),
    OPTIONS: optionSets(),
    OPTIONS_WITH_VALUE: valueOptions().join(' '),
    VERBS: completedVerbs.map(({ name }) => name).join(' '),
  });
}

/** Those with a value in the next word. */
function valueOptions(): string[] {
  return completedOptions.filter(({ value }) => value !== undefined).flatMap(dashed);
}

function optionCases(): string {
  return completedOptions
    .flatMap((option) =>
      option.value === undefined ? [] : [`    ${dashed(option).join(' | ')}) ${offer(option.value)} ;;`],
    )
    .join('\n');
}

function argumentCases(): string {
  return completedVerbs
    .flatMap(({ name, aliases, arguments: kinds, repeats }) =>
      kinds.flatMap((kind, index) => {
        const position = repeats && index === kinds.length - 1 ? '*' : index;
        const patterns = [name, ...aliases].map((verb) => `${verb}:${position}`).join(' | ');
        return kind.is === 'anything' ? [] : [`    ${patterns}) ${offer(kind)} ;;`];
      }),
    )
    .join('\n');
}

function optionSets(): string {
  return optionGroups()
    .map(({ verbs, options }) => {
      const words = options.flatMap((option) =>
        dashed(option).map((name) => (option.value !== undefined && name.startsWith('--') ? `${name}=` : name)),
      );
      const addition = `options+=(${words.join(' ')})`;
      return isEveryVerb(verbs) ? `    ${addition}` : `    case $1 in ${verbs.join(' | ')} | '') ${addition} ;; esac`;
    })
    .join('\n');
}

function offer(kind: Kind): string {
  switch (kind.is) {
    case 'choice':
      return `__ferryctl_words ${kind.values.join(' ')}`;
    case 'live':
      return `__ferryctl_live ${kind.list}`;
    case 'file':
      return `__ferryctl_files ${quoted(suffixPattern(kind.suffixes))}`;
    case 'directory':
      return '__ferryctl_directories';
    case 'host':
      return '__ferryctl_hosts';
    case 'verb':
      return `__ferryctl_words ${completedVerbs.map(({ name }) => name).join(' ')}`;
    case 'anything':
      return ':';
  }
}

function suffixPattern(suffixes: readonly string[] | undefined): string {
  return suffixes === undefined ? '' : `(${suffixes.map((suffix) => suffix.replaceAll('.', '\\.')).join('|')})$`;
}
