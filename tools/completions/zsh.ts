import { fillTemplate } from './template.js';
import { type CompletedOption, completedVerbs, isEveryVerb, type Kind, optionGroups, quoted } from './words.js';

/** The completion for zsh. */
export function zshCompletion(): string {
  return fillTemplate('zsh', {
    VERBS: completedVerbs.map(({ name, help }) => `    ${quoted(`${name}:${help}`)}`).join('\n'),
    OPTIONS_WITH_VALUE: separateValues().join('|'),
    OPTIONS: optionSets(),
    ARGUMENTS: argumentCases(),
  });
}

/** Options whose value may stand in the next word, as a pattern. */
function separateValues(): string[] {
  return optionGroups()
    .flatMap(({ options }) => options)
    .filter(({ value }) => value !== undefined)
    .flatMap(({ long, short }) => [
      ...(short === undefined ? [] : [`-${short}`]),
      ...(long === undefined ? [] : [`--${long}`]),
    ]);
}

function optionSets(): string {
  return optionGroups()
    .map(({ verbs, options }) => {
      const addition = `options+=(\n${options
        .flatMap(specifications)
        .map((line) => `    ${line}`)
        .join('\n')}\n  )`;
      return isEveryVerb(verbs) ? `  ${addition}` : `  [[ -n $verb && $verb != (${verbs.join('|')}) ]] || ${addition}`;
    })
    .join('\n');
}

/** As _arguments reads them, a line for each name. */
function specifications({ long, short, help, value, repeatable }: CompletedOption): string[] {
  const names = [...(short === undefined ? [] : [`-${short}`]), ...(long === undefined ? [] : [`--${long}`])];
  const excluded = repeatable ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
  const text = `[${help.replaceAll(/[[\]:]/g, '\\$&')}]`;
  return names.map((name) => {
    if (value === undefined) return quoted(`${excluded}${name}${text}`);
    const separator = name.startsWith('--') ? '=' : '+';
    return quoted(`${excluded}${name}${separator}${text}:${long ?? ''}:${action(value)}`);
  });
}

function argumentCases(): string {
  return completedVerbs
    .flatMap(({ name, aliases, arguments: kinds, repeats }) =>
      kinds.map((kind, index) => {
        const position = repeats && index === kinds.length - 1 ? '*' : index;
        return `  ${[name, ...aliases].map((verb) => `${verb}:${position}`).join(' | ')}) ${call(kind)} ;;`;
      }),
    )
    .join('\n');
}

/** What _arguments does for a value. Without the space it would give our function options for compadd. */
function action(kind: Kind): string {
  if (kind.is === 'choice') return `(${kind.values.join(' ')})`;
  return kind.is === 'live' ? ` ${call(kind)}` : call(kind);
}

function call(kind: Kind): string {
  switch (kind.is) {
    case 'choice':
      return `_values value ${kind.values.join(' ')}`;
    case 'live':
      return `_ferryctl_live ${kind.list}`;
    case 'file':
      return kind.suffixes === undefined ? '_files' : `_files -g '*(${kind.suffixes.join('|')})(-.)'`;
    case 'directory':
      return '_files -/';
    case 'host':
      return '_hosts';
    case 'verb':
      return '_ferryctl_verbs';
    case 'anything':
      return '_message value';
  }
}
