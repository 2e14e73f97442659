import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../common/failure.js';

const programPath = realpathSync(process.argv[1] ?? '.');
/** Directory of the program that was started; the other entry points lie below it. */
export const codeDirectory = dirname(programPath);
const original = identityOf(programPath);

/**
 * What another version of a file has otherwise; undefined when there is no file, as for a moment in an update. Not device and
 * inode: those change when systemd-sysext(8) merges an extension into /usr.
 */
function identityOf(path: string): string | undefined {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status === undefined ? undefined : `${status.size}:${status.mtimeNs}`;
}

/** Whether the program on disk is no longer the one that runs: its workers would be those of another version. */
export function isUpdated(): boolean {
  return identityOf(programPath) !== original;
}

/** To be called before a worker is started. Throws Failure ServiceStopping. */
export function refuseIfUpdated(): void {
  if (isUpdated()) throw new Failure('ServiceStopping', 'Ferry was updated; its service starts anew, try again', {});
}
