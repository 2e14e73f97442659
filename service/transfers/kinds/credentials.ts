import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { type Credential, parseCredentials } from '../../http/connection/credentials.js';
import { fileSystemFailure } from '../../images/install/file-system-failure.js';
import type { Host } from '../host.js';

/** What says where they are. */
type Settings = Pick<Host, 'scope' | 'environment'>;

interface Place {
  path: string;
  /** Whether the service manager has seen to who can read it. */
  guarded: boolean;
}

/** Where a secret may be, the first file that is there counts. */
function places({ scope, environment }: Settings, credential: string, fileName: string): Place[] {
  const given = environment['CREDENTIALS_DIRECTORY'];
  const home = environment['HOME'];
  const configuration = environment['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  const own =
    scope === 'system' ? join('/etc/ferry', fileName) : configuration && join(configuration, 'ferry', fileName);
  return [
    { path: given && join(given, credential), guarded: true },
    { path: own, guarded: false },
  ].flatMap(({ path, guarded }) => (path && isAbsolute(path) ? [{ path, guarded }] : []));
}

/** Undefined when there is none, or its reason when others can read it. */
function readSecret({ path, guarded }: Place): { text: string } | { reason: string } | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const { mode, uid } = fstatSync(descriptor);
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      if (!guarded && (mode & 0o077) !== 0)
        return { reason: `others can read it (mode ${shown}): run chmod 600 on it` };
      if (!guarded && uid !== 0 && uid !== process.getuid?.()) return { reason: `it belongs to user ${uid}` };
      return { text: readFileSync(descriptor, 'utf8') };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileSystemFailure(error, path) ?? error;
  }
}

/**
 * A file of secrets, from what systemd hands over as the credential, else from the configuration of the host, or of the user. Undefined
 * when there is none, or why it cannot be used.
 *
 * @throws Failure FileSystemError when it cannot be read
 */
export function readSecretFile(
  host: Settings,
  credential: string,
  fileName: string,
): ({ path: string } & ({ text: string } | { reason: string })) | undefined {
  for (const place of places(host, credential, fileName)) {
    const secret = readSecret(place);
    if (secret !== undefined) return { path: place.path, ...secret };
  }
  return undefined;
}

/**
 * The headers that hosts want to see before they give something out (bearer tokens, for example), from the file that
 * systemd hands over as the credential `ferry.headers`, else from the configuration of the host, or of the user.
 *
 * @throws Failure DownloadFailed when the file makes no sense or is not a secret
 * @throws Failure FileSystemError when it cannot be read
 */
export function readCredentials(host: Settings, url: string): Credential[] {
  const secret = readSecretFile(host, 'ferry.headers', 'headers');
  if (secret === undefined) return [];
  const parsed = 'text' in secret ? parseCredentials(secret.text) : secret.reason;
  if (typeof parsed === 'object') return parsed;
  const reason = typeof parsed === 'number' ? `line ${parsed} is not of the form 'HOST NAME: VALUE'` : parsed;
  const message = `The headers for downloads in ${escapeText(secret.path)} cannot be used: ${reason}`;
  throw new Failure('DownloadFailed', message, { url });
}
