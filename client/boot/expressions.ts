import { type ImageClass, imageClasses } from '../../common/image-classes.js';

type Format = 'tar' | 'raw' | 'oci';
type Verification = 'no' | 'checksum' | 'signature';

/** One value of `systemd.pull=`, or one line of the credential: `OPTION[,OPTION…]:NAME:URL`. */
export interface PullExpression {
  readonly format: Format;
  readonly class: ImageClass;
  /** Undefined if it is to follow from the URL. */
  readonly name: string | undefined;
  /** A URL, or with `oci` a reference. */
  readonly remote: string;
  /** Undefined if the default counts. */
  readonly verify: Verification | undefined;
  readonly readOnly: boolean;
  /** Whether the image goes below /run, and with the next boot. */
  readonly runtime: boolean;
}

const formats: readonly Format[] = ['tar', 'raw', 'oci'];
const verifications: readonly Verification[] = ['no', 'checksum', 'signature'];

interface Found {
  format?: Format;
  class?: ImageClass;
  verify?: Verification;
  readOnly: boolean;
  runtime: boolean;
  /** What systemd's own generator alone can do. */
  readonly foreign: string[];
}

/**
 * Reads what systemd-import-generator(8) describes. As there, an option that is not known is passed over with a warning.
 *
 * @param inInitrd whether images go below /run unless `runtime=no` is among the options
 * @returns the expression, or why it makes no sense
 */
export function parsePullExpression(
  text: string,
  inInitrd: boolean,
  warn: (message: string) => void,
): PullExpression | { readonly problem: string } {
  const [, options = '', name = '', remote = ''] = /^([^:]*):([^:]*):(.+)$/s.exec(text) ?? [];
  // Control characters could end a line of the unit.
  if (remote === '' || /[\0-\x1f\x7f]/.test(text)) return { problem: 'expected OPTIONS:NAME:URL' };
  const found = readOptions(options, inInitrd, warn);
  if (found.format === undefined) return { problem: `none of ${formats.join(', ')} is among the options` };
  if (found.class === undefined) return { problem: `none of ${imageClasses.join(', ')} is among the options` };
  const [foreign] = found.foreign;
  if (foreign !== undefined)
    return { problem: `'${foreign}' needs systemd's own generator, of systemd 258 or newer (systemd-container)` };
  if (found.format === 'oci' && remote.includes('://'))
    return { problem: 'with oci, expected a reference such as registry.example.com/app:1, not a URL' };
  const { format, class: imageClass, verify, readOnly, runtime } = found;
  return { format, class: imageClass, name: name === '' ? undefined : name, remote, verify, readOnly, runtime };
}

function readOptions(options: string, inInitrd: boolean, warn: (message: string) => void): Found {
  const found: Found = { readOnly: false, runtime: inInitrd, foreign: [] };
  for (const option of options.split(',')) {
    const [key = '', value] = option.split(/=(.*)/s);
    const isKnown = value === undefined ? readWord(key, found) : readAssignment(key, value, found);
    if (!isKnown) warn(`Unknown option '${option}' of systemd.pull=, ignored`);
  }
  return found;
}

function readWord(word: string, found: Found): boolean {
  const format = formats.find((known) => known === word);
  const imageClass = imageClasses.find((known) => known === word);
  if (format !== undefined) found.format = format;
  else if (imageClass !== undefined) found.class = imageClass;
  else if (word === 'ro' || word === 'rw') found.readOnly = word === 'ro';
  else if (word === 'blockdev' || word === 'bootorigin') found.foreign.push(word);
  else return false;
  return true;
}

function readAssignment(key: string, value: string, found: Found): boolean {
  const verify = verifications.find((known) => known === value);
  const boolean = readBoolean(value);
  if (key === 'verify' && verify !== undefined) found.verify = verify;
  else if (key === 'runtime' && boolean !== undefined) found.runtime = boolean;
  else return false;
  return true;
}

/** As systemd reads booleans. */
function readBoolean(text: string): boolean | undefined {
  if (/^(?:1|yes|y|true|t|on)$/i.test(text)) return true;
  return /^(?:0|no|n|false|f|off)$/i.test(text) ? false : undefined;
}
