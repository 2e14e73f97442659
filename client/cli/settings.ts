import { type ImageClass, imageClasses, imageRootPath } from '../../common/image-classes.js';
import type { GivenOption } from './arguments.js';
import { UsageError } from './failure.js';
import { optionName } from './option-table.js';
import { settingOptions } from './options.js';
import type { ProcessContext } from './process-context.js';

type SettingOptions = typeof settingOptions;

/** The options, judged. What is undefined was not given. */
export type Settings = { readonly [Name in keyof SettingOptions]: ReturnType<SettingOptions[Name]['read']> };

/** The options as written, the last one of each. */
type Given = Readonly<Partial<Record<keyof SettingOptions, string>>>;

/** @throws UserError if a value cannot be understood */
export function readSettings(options: readonly GivenOption[], context: ProcessContext): Settings {
  const rows = Object.entries(settingOptions).map(([setting, option]) => {
    const name = optionName(setting);
    return { setting, option, name, texts: options.filter((given) => given.name === name).map((given) => given.value) };
  });
  const given: Given = Object.fromEntries(rows.map(({ setting, texts }) => [setting, texts.at(-1)]));
  checkPlace(given);
  checkKeyrings(given);
  const read = rows.map(({ setting, option, name, texts }) => {
    const written = 'argument' in option ? `--${name}=` : `--${name}`;
    return [setting, option.read(texts, written, context)];
  });
  // Each value has the type of its row.
  return Object.fromEntries(read) as Settings;
}

/** One place is enough, and a path there has nothing to do with our working directory. */
function checkPlace({ host, machine, address, imageRoot, scope }: Given): void {
  if (address !== undefined && scope !== undefined)
    throw new UsageError(`Cannot use --address= and --${scope} together: the address says which service is meant`);
  const given = Object.entries({ host, machine, address }).filter(([, value]) => value !== undefined);
  const [first, second] = given.map(([name]) => `--${name}=`);
  if (second !== undefined) {
    const hint = address === undefined ? ' For a container on another host write --host=HOST/CONTAINER.' : '';
    throw new UsageError(`Options ${first} and ${second} exclude each other.${hint}`);
  }
  if (imageRoot === undefined || imageRoot.startsWith('/') || (host ?? machine) === undefined) return;
  throw new UsageError(`Cannot use --image-root= with ${first}: '${imageRoot}' is not an absolute path.`);
}

/** A key on the command line promises that a signature by it is checked, and a checksum file that it is read. */
function checkKeyrings({ keyring, checksumFile, verify }: Given): void {
  if (keyring !== undefined && verify === 'no')
    throw new UsageError('Cannot use --keyring= with --verify=no: no signature is checked then');
  if (checksumFile !== undefined && verify === 'no')
    throw new UsageError('Cannot use --checksum-file= with --verify=no: no checksum file is read then');
}

/**
 * The class of an image that is to be placed or exported.
 *
 * @throws UserError if none was given and the program was called as importctl, which has no default
 */
export function requireClass(settings: Settings, context: ProcessContext): ImageClass {
  if (settings.class !== undefined) return settings.class;
  if (context.programName !== 'importctl') return 'machine';
  const directories = imageClasses.map((name) => `${name} (${imageRootPath(name, 'system')})`).join(', ');
  throw new UsageError(`A class is needed, given with --class= or -m, -P, -S, -C: ${directories}.`);
}
