/**
 * Which verbs take an option: those that name its scope in `takes` (verbs.ts), and all of them for `all`, `output` and
 * `connect`. Given to any other verb it is an error, for whoever gives one expects it to have an effect.
 */
export type OptionScope =
  | 'all'
  | 'output'
  | 'connect'
  | 'class'
  | 'root'
  | 'pull'
  | 'place'
  | 'read-only'
  | 'export'
  | 'rehearse'
  | 'watch';

/**
 * How an option is written.
 * - `flag`: alone, or with a boolean (`--force`, `--force=no`)
 * - `value`: with an argument, attached or in the next word
 * - `shorthand`: alone; stands for another option with a value (`-m` for `--class=machine`)
 */
export interface OptionDescription {
  readonly long?: string;
  readonly short?: string;
  readonly kind: 'flag' | 'value' | 'shorthand';
  /** For `value`: what --help calls the argument. */
  readonly argument?: string;
  /** For `shorthand`: option and value it stands for. */
  readonly standsFor?: readonly [long: string, value: string];
  /** The line in --help; an option without one is not shown there. */
  readonly help?: string;
  readonly scope: OptionScope;
}

function shorthand(
  names: { long?: string; short?: string },
  standsFor: readonly [string, string],
  scope: OptionScope,
  help?: string,
): OptionDescription {
  return { ...names, kind: 'shorthand', standsFor, scope, ...(help === undefined ? {} : { help }) };
}

function flag(long: string, scope: OptionScope, help?: string): OptionDescription {
  return { long, kind: 'flag', scope, ...(help === undefined ? {} : { help }) };
}

function value(long: string, argument: string, scope: OptionScope, help: string): OptionDescription {
  return { long, kind: 'value', argument, scope, help };
}

/** Every option, in the order of --help. Reference: importctl(1). */
export const optionTable: readonly OptionDescription[] = [
  { long: 'help', short: 'h', kind: 'flag', scope: 'all', help: 'Show this help' },
  flag('version', 'all', 'Show the version'),
  shorthand({ long: 'no-pager' }, ['pager', 'no'], 'output', 'Do not start a pager'),
  shorthand({ long: 'no-legend' }, ['legend', 'no'], 'output', 'Do not show headers and footers'),
  shorthand({ long: 'no-ask-password' }, ['ask-password', 'no'], 'all', 'Do not ask for authentication'),
  flag('pager', 'output'),
  flag('legend', 'output'),
  flag('ask-password', 'all'),
  { ...value('host', '[USER@]HOST', 'connect', 'Operate on a remote host, over ssh'), short: 'H' },
  { ...value('machine', 'CONTAINER', 'connect', 'Operate inside a local container'), short: 'M' },
  value('address', 'ADDRESS', 'connect', 'Connect to this Varlink address'),
  shorthand({ long: 'system' }, ['scope', 'system'], 'connect', 'Use the service of the system'),
  shorthand({ long: 'user' }, ['scope', 'user'], 'connect', 'Use the service of the user'),
  {
    long: 'class',
    kind: 'value',
    argument: 'TYPE',
    scope: 'class',
    help: 'Class of the image (machine, portable, sysext, confext)',
  },
  shorthand({ short: 'm' }, ['class', 'machine'], 'class', 'Same as --class=machine, machine image'),
  shorthand({ short: 'P' }, ['class', 'portable'], 'class', 'Same as --class=portable, portable service image'),
  shorthand({ short: 'S' }, ['class', 'sysext'], 'class', 'Same as --class=sysext, system extension image'),
  shorthand({ short: 'C' }, ['class', 'confext'], 'class', 'Same as --class=confext, configuration extension image'),
  value('image-root', 'PATH', 'root', 'Use this directory instead of those of the class'),
  value('verify', 'MODE', 'pull', 'How to verify a download (no, checksum, signature)'),
  value('keyring', 'FILE', 'pull', 'Trust the OpenPGP keys in FILE as well'),
  value('keep-download', 'BOOL', 'pull', 'Whether to keep a pristine copy of the download'),
  shorthand({ short: 'N' }, ['keep-download', 'no'], 'pull', 'Same as --keep-download=no'),
  value('limit-rate', 'BYTES', 'pull', 'Download at most this many bytes a second (K, M, G, T)'),
  shorthand({ long: 'no-resume' }, ['resume', 'no'], 'pull', 'Start interrupted downloads again'),
  flag('resume', 'pull'),
  flag('force', 'place', 'Replace an image of the same name'),
  flag('read-only', 'read-only', 'Make the image read-only'),
  flag('strict', 'place', 'Fail rather than lose owners or attributes'),
  value('size-max', 'BYTES', 'place', 'Largest size of the unpacked image (K, M, G, T)'),
  value('format', 'FORMAT', 'export', 'How to compress (uncompressed, xz, gzip, zstd, bzip2)'),
  flag('dry-run', 'rehearse', 'Only show what a pull would download, or clean would remove'),
  flag('watch', 'watch', 'Go on showing the transfers as they proceed, until Ctrl-C'),
  { long: 'quiet', short: 'q', kind: 'flag', scope: 'output', help: 'Show warnings and errors only' },
  value('json', 'FORMAT', 'output', 'Write JSON (pretty, short, or off)'),
  shorthand({ short: 'j' }, ['json', 'auto'], 'output', 'Same as --json=pretty on a terminal, else --json=short'),
];

/**
 * Those with which importctl(1) does not mind where they are given and what else is; the last one counts. Called by that
 * name, neither do we.
 */
export const lenientOptions: ReadonlySet<string> = new Set([
  'class',
  'force',
  'format',
  'keep-download',
  'read-only',
  'verify',
  ...['host', 'json', 'machine', 'scope'],
]);

/** The names that canonical arguments may carry although nobody writes them. */
export const internalOptions: readonly OptionDescription[] = [
  { long: 'scope', kind: 'value', argument: 'SCOPE', scope: 'connect' },
];
