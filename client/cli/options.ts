import { type ImageClass, imageClasses, type Scope } from '../../common/image-classes.js';
import { type HostName, type MachineName, parseHost, parseMachine } from '../connect/places.js';
import { imageColumnNames } from '../list/names.js';
import { choice, flag, negatable, type SettingOption, value } from './option/kinds.js';
import {
  type Compression,
  compressions,
  type JsonMode,
  jsonModes,
  type OciLayout,
  ociLayouts,
  parseAddressOption,
  parseBoolean,
  parseCountOption,
  parseDigestOption,
  parseFormat,
  parseJsonMode,
  parsePath,
  parseSizeOption,
  parseTimeOption,
  parseTimeSpanOption,
  type Verification,
  verifications,
} from './values.js';

/**
 * Every option that becomes a setting, in the order of --help: the name of the setting, which is that of the option without
 * the dashes. From here follow how a command line is read, the type of its settings, --help, completions, and what the manual
 * page has to describe. Reference: importctl(1).
 */
export const settingOptions = {
  pager: negatable('output', 'Do not start a pager'),
  legend: negatable('output', 'Do not show headers and footers'),
  askPassword: negatable('all', 'Do not ask for authentication'),
  host: value<HostName>((_, text) => parseHost(text), {
    scope: 'connect',
    short: 'H',
    argument: '[USER@]HOST',
    help: 'Operate on a remote host, over ssh',
    isLenient: true,
  }),
  machine: value<MachineName>((_, text) => parseMachine(text), {
    scope: 'connect',
    short: 'M',
    argument: 'CONTAINER',
    help: 'Operate inside a local container',
    isLenient: true,
  }),
  address: value(parseAddressOption, {
    scope: 'connect',
    argument: 'ADDRESS',
    help: 'Connect to this Varlink address',
  }),
  scope: value<Scope>(choice(['system', 'user']), {
    scope: 'connect',
    isHidden: true,
    shorthands: [
      { long: 'system', value: 'system', help: 'Use the service of the system' },
      { long: 'user', value: 'user', help: 'Use the service of the user' },
    ],
    isLenient: true,
  }),
  class: value<ImageClass>(choice(imageClasses), {
    scope: 'class',
    argument: 'TYPE',
    help: `Class of the image (${imageClasses.join(', ')})`,
    values: imageClasses,
    shorthands: [
      { short: 'm', value: 'machine', help: 'Same as --class=machine, machine image' },
      { short: 'P', value: 'portable', help: 'Same as --class=portable, portable service image' },
      { short: 'S', value: 'sysext', help: 'Same as --class=sysext, system extension image' },
      { short: 'C', value: 'confext', help: 'Same as --class=confext, configuration extension image' },
    ],
    isLenient: true,
  }),
  /** Absolute. */
  imageRoot: value(parsePath, {
    scope: 'root',
    argument: 'PATH',
    help: 'Use this directory instead of those of the class',
  }),
  verify: value<Verification>(choice(verifications), {
    scope: 'verify',
    argument: 'MODE',
    help: `How to verify a download (${verifications.join(', ')})`,
    values: verifications,
    isLenient: true,
  }),
  /** Absolute paths. */
  keyring: {
    scope: 'keyring',
    argument: 'FILE',
    help: 'Trust the keys in FILE as well',
    addsUp: true,
    read: (texts, option, context) => texts.map((text) => parsePath(option, text, context)),
  } satisfies SettingOption<readonly string[]>,
  /** `sha256:` or `sha512:` and lower-case hexadecimal. */
  digest: value((option, text) => parseDigestOption(option, text), {
    scope: 'pull',
    argument: 'DIGEST',
    help: 'What the image must be: sha256:HEX or sha512:HEX',
  }),
  checksumFile: value((_, text) => text, {
    scope: 'proof',
    argument: 'FILE',
    help: 'Look for checksums in this file beside the image, or URL',
  }),
  online: flag('online', 'Judge the files that the server has now'),
  keepDownload: value(parseBoolean, {
    scope: 'pull',
    argument: 'BOOL',
    help: 'Whether to keep a pristine copy of the download',
    shorthands: [{ short: 'N', value: 'no', help: 'Same as --keep-download=no' }],
    isLenient: true,
  }),
  /** Bytes per second. */
  limitRate: value(parseSizeOption, {
    scope: 'download',
    argument: 'BYTES',
    help: 'Move at most this many bytes a second (K, M, G, T)',
  }),
  resume: negatable('download', 'Do not go on where a transfer was interrupted'),
  layout: value<OciLayout>(choice(ociLayouts), {
    scope: 'oci',
    argument: 'LAYOUT',
    help: 'How to keep a container image (tree, mstack)',
    values: ociLayouts,
  }),
  platform: value((_, text) => text, {
    scope: 'platform',
    argument: 'PLATFORM',
    help: 'Platform of the image: OS/ARCH[/VARIANT], as in linux/arm64',
  }),
  /** Absolute. */
  authfile: value(parsePath, {
    scope: 'registry',
    argument: 'FILE',
    help: 'Take the credentials for registries from FILE',
  }),
  force: flag('force', 'Replace an image or trust entry of the same name', { isLenient: true }),
  readOnly: flag('read-only', 'Make the image read-only', { isLenient: true }),
  strict: flag('place', 'Fail rather than lose owners or attributes'),
  /** Bytes. */
  sizeMax: value(parseSizeOption, {
    scope: 'place',
    argument: 'BYTES',
    help: 'Largest size of the unpacked image (K, M, G, T)',
  }),
  tag: value((_, text) => text, {
    scope: 'archive',
    argument: 'TAG',
    help: 'Which image of an archive to import',
  }),
  format: value<Compression>(parseFormat, {
    scope: 'export',
    argument: 'FORMAT',
    help: `How to compress (${compressions.join(', ')})`,
    values: compressions,
    isLenient: true,
  }),
  mountFrom: {
    scope: 'push',
    argument: 'REPOSITORY',
    help: 'Have the registry take what it has in REPOSITORY',
    addsUp: true,
    read: (texts) => texts,
  } satisfies SettingOption<readonly string[]>,
  dryRun: flag('rehearse', 'Only show what a pull or push would move, or clean would remove'),
  /** Microseconds. */
  olderThan: value(parseTimeSpanOption, {
    scope: 'prune',
    argument: 'TIME',
    help: 'Only remove what is at least this old (12h, 30d, 2w)',
  }),
  keep: value(parseCountOption, {
    scope: 'prune',
    argument: 'N',
    help: 'Keep the N newest pristine downloads of each URL',
  }),
  unused: flag('prune', 'Only remove pristine downloads no image came from'),
  recount: flag('count', 'Count the size of a tree again'),
  inspectDisk: flag('count', 'Mount disks, read-only, to see what is in them'),
  /** Microseconds since 1970. */
  since: value(parseTimeOption, {
    scope: 'history',
    argument: 'TIME',
    help: 'From TIME on',
  }),
  /** Microseconds since 1970. */
  until: value(parseTimeOption, {
    scope: 'history',
    argument: 'TIME',
    help: 'Up to TIME',
  }),
  lines: value(parseCountOption, {
    scope: 'history',
    short: 'n',
    argument: 'N',
    help: 'Show only the newest N',
  }),
  name: value((_, text) => text, {
    scope: 'trust',
    argument: 'NAME',
    help: 'Name of the trust entry that is added',
  }),
  yes: flag('trust', 'Trust a key without asking'),
  watch: flag('watch', 'Go on showing the transfers as they proceed, until Ctrl-C'),
  all: flag('list', 'Show hidden images too, such as pristine downloads', { short: 'a' }),
  columns: value((_, text) => text, {
    scope: 'list',
    argument: 'NAMES',
    help: 'Show these columns, with commas between',
    values: imageColumnNames,
  }),
  sort: value((_, text) => text, {
    scope: 'list',
    argument: 'NAMES',
    help: 'Sort by these columns; -NAME sorts downwards',
    values: imageColumnNames,
  }),
  filter: {
    scope: 'list',
    argument: 'CONDITIONS',
    help: 'Only show images that meet these (class=sysext,older=30d)',
    addsUp: true,
    read: (texts) => texts,
  } satisfies SettingOption<readonly string[]>,
  full: flag('table', 'Show tables in full, however narrow the terminal is', { short: 'l' }),
  quiet: flag('output', 'Show warnings and errors only', { short: 'q' }),
  json: {
    scope: 'output',
    argument: 'FORMAT',
    help: 'Write JSON (pretty, short, or off)',
    values: jsonModes,
    shorthands: [{ short: 'j', value: 'auto', help: 'Same as --json=pretty on a terminal, else --json=short' }],
    isLenient: true,
    read: (texts, option, context): JsonMode => parseJsonMode(option, texts.at(-1) ?? 'off', context),
  } satisfies SettingOption<JsonMode>,
};
