import { Failure } from '../../common/failure.js';
import type { FileStatus } from '../../linux/status.js';

/** Whether a file's data, or a directory's names, are those of before. */
export function isUnchanged(now: FileStatus, before: FileStatus): boolean {
  const [one, other] = [now.modified, before.modified];
  return now.size === before.size && one.seconds === other.seconds && one.nanoseconds === other.nanoseconds;
}

/** What to throw when what is read is not of one moment. `what`: as in a sentence; `offset` in bytes, where it was noticed. */
export function changed(what: string, offset?: number, how = 'changed'): Failure {
  const message = `Cannot read ${what}: it ${how} while it was read; stop what changes the image, or export a clone of it`;
  return new Failure('Corrupt', message, { what, offset });
}
