import { type ColourMode, styled } from '../../../common/colour.js';
import { type OptionDescription, optionTable } from '../option-table.js';
import type { ProcessContext } from '../process-context.js';
import { defaultVerb, scopesOf, type VerbDescription, verbTable } from '../verbs.js';

const wrapAt = 80;
const optionColumn = 28;

export const abstract = 'Download, import and export disk images.';

/** Answered without a command, so not in the table of verbs. */
export const helpVerb = { name: 'help', synopsis: '[COMMAND]', help: 'Show this help, or that of a command' };

/** The text of --help. */
export function renderHelp(programName: ProcessContext['programName'], colours: ColourMode): string {
  const heading = (text: string) => styled(text, 'underlined', colours);
  const groups = (['Commands', 'Image Commands'] as const).map(
    (group) =>
      `${heading(`${group}:`)}\n${verbTable
        .filter((verb) => verb.group === group)
        .map(verbLine)
        .join('')}`,
  );
  return [
    `${programName} [OPTION…] COMMAND …\n`,
    `${styled(abstract, 'notice', colours)}\n`,
    ...groups.slice(0, 1),
    `${groups.slice(1).join('\n')}${helpLine}`,
    `${heading('Options:')}\n${optionTable.map(optionLine).join('')}`,
    `${epilogue(programName)}\n`,
  ].join('\n');
}

/** The text of --help after a verb. */
export function renderVerbHelp(programName: string, verb: VerbDescription, colours: ColourMode): string {
  const scopes = scopesOf(verb);
  const options = optionTable.filter((option) => scopes.has(option.scope)).map(optionLine);
  const aliases = verb.aliases === undefined ? '' : `Also called: ${verb.aliases.join(', ')}\n`;
  return [
    `${`${programName} [OPTION…] ${verb.name} ${verb.synopsis}`.trimEnd()}\n`,
    `${styled(`${verb.help}.`, 'notice', colours)}\n${aliases}`,
    `${styled('Options:', 'underlined', colours)}\n${options.join('')}`,
    `${epilogue(programName)}\n`,
  ].join('\n');
}

function epilogue(programName: string): string {
  return wrap(
    'Exit status: 0 on success, 1 on failure, 1 too when Ctrl-C left a transfer running in the background, and when ' +
      '--dry-run found that a pull would fail. Ctrl-C ' +
      'detaches from downloads and from imports of files and directories; it cancels imports from pipes and all ' +
      `exports. ${programName === 'importctl' ? 'See importctl(1).' : 'See ferryctl(1).'}`,
    wrapAt,
  ).join('\n');
}

const helpLine = twoColumns(`  ${helpVerb.name} ${helpVerb.synopsis}`, helpVerb.help);

function verbLine(verb: VerbDescription): string {
  const name = verb.name === defaultVerb ? `[${verb.name}]` : verb.name;
  return twoColumns(`  ${name} ${verb.synopsis}`.trimEnd(), verb.help);
}

function optionLine(option: OptionDescription): string {
  if (option.help === undefined) return '';
  const short = option.short === undefined ? '    ' : `  -${option.short}`;
  const argument = option.argument === undefined ? '' : `=${option.argument}`;
  const long = option.long === undefined ? '' : ` --${option.long}${argument}`;
  return twoColumns(short + long, option.help);
}

/** A name and its explanation; an explanation that is too long goes on below itself. */
function twoColumns(left: string, right: string): string {
  const margin = ' '.repeat(optionColumn);
  const [first = '', ...rest] = wrap(right, wrapAt - optionColumn);
  const head = left.length < optionColumn ? left.padEnd(optionColumn) + first : `${left}\n${margin}${first}`;
  return [head, ...rest.map((line) => margin + line)].map((line) => `${line}\n`).join('');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
