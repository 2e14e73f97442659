import { Failure } from '../../../../common/failure.js';
import { hasCode } from '../../../../linux/errno.js';
import { changed } from '../../unchanged.js';
import { type ByteString, display } from '../byte-string.js';

/** What the name of a whiteout in a layer begins with (OCI image specification, "Whiteouts"). */
const whiteoutPrefix = '.wh.';

/** @throws Failure UnsupportedFormat when programs for OCI layers would take an entry for a whiteout */
export function refuseWhiteout(name: ByteString, path: ByteString): void {
  if (!name.startsWith(whiteoutPrefix)) return;
  const shown = `'${display(path)}'`;
  const message = `Cannot make a layer with ${shown}: a name that begins with .wh. removes files there; rename it, or use export-tar`;
  throw new Failure('UnsupportedFormat', message, { needed: shown, allowed: 'names that do not begin with .wh.' });
}

/** @throws Failure Corrupt when an entry was removed or changed its type since its directory was read, else the error */
export function present<Result>(path: ByteString, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO')) throw error;
    throw changed(`'${display(path.slice(2))}'`, undefined, 'was removed or replaced');
  }
}

/** There is no listxattrat(2) before Linux 6.13. */
export function below(directory: number, name: string | Buffer): string | Buffer {
  const parent = `/proc/self/fd/${directory}/`;
  return typeof name === 'string' ? parent + name : Buffer.concat([Buffer.from(parent), name]);
}
