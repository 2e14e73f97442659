import { version } from '../../../common/version.js';
import { type OptionDescription, optionTable } from '../option-table.js';
import type { ProcessContext } from '../process-context.js';
import { argumentCounts, defaultVerb, type VerbDescription, verbTable } from '../verbs.js';
import { abstract, helpVerb } from './help.js';

type OptionDocument = {
  readonly names: readonly string[];
  readonly argument: 'no_argument' | 'required_argument';
  readonly metavar?: string;
  readonly help?: string;
};

/** The numbers of arguments count the verb itself; what is left out does not bound them. */
type VerbDocument = {
  readonly names: readonly string[];
  readonly abstract: readonly string[];
  readonly minArguments?: number;
  readonly maxArguments?: number;
  readonly isDefault?: boolean;
};

type CommandDocument = {
  readonly names: readonly string[];
  readonly project: string;
  readonly version: string;
  readonly features: readonly string[];
  readonly abstract: readonly string[];
  readonly options: readonly OptionDocument[];
  readonly verbs: readonly VerbDocument[];
};

/** What --introspect-cli writes: the form is that of systemd 262's programs. */
type CommandLineDocument = {
  readonly mediaType: string;
  readonly commands: readonly [CommandDocument, ...CommandDocument[]];
};

/** The command line, for programs: completions, documentation and tests are made of such descriptions. */
export function describeCommandLine(programName: ProcessContext['programName']): CommandLineDocument {
  const verbs = verbTable.filter(({ group }) => group !== 'Internal').map(describeVerb);
  const help = { names: [helpVerb.name], abstract: [helpVerb.help], ...counts(helpVerb) };
  const command = {
    names: [programName],
    project: 'ferry',
    version,
    features: [],
    abstract: [abstract],
    options: optionTable.map(describeOption),
    verbs: [...verbs, help],
  };
  return { mediaType: 'application/vnd.io.systemd.cli-introspection-0', commands: [command] };
}

/** Flags take a boolean too (`--force=no`), but not behind their short name, for which this form has no word. */
function describeOption({ long, short, kind, argument, help }: OptionDescription): OptionDocument {
  return {
    names: [...(short === undefined ? [] : [`-${short}`]), ...(long === undefined ? [] : [`--${long}`])],
    argument: kind === 'value' ? 'required_argument' : 'no_argument',
    ...(argument === undefined ? {} : { metavar: argument }),
    ...(help === undefined ? {} : { help }),
  };
}

function describeVerb(verb: VerbDescription): VerbDocument {
  return {
    names: [verb.name, ...(verb.aliases ?? [])],
    abstract: [verb.help],
    ...counts(verb),
    ...(verb.name === defaultVerb ? { isDefault: true } : {}),
  };
}

function counts(verb: Pick<VerbDescription, 'synopsis'>): Pick<VerbDocument, 'minArguments' | 'maxArguments'> {
  const { minimum, maximum } = argumentCounts(verb);
  return {
    ...(minimum === 0 ? {} : { minArguments: minimum + 1 }),
    ...(Number.isFinite(maximum) ? { maxArguments: maximum + 1 } : {}),
  };
}
