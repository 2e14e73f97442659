import { statfsSync } from 'node:fs';
import { constants } from 'node:os';

/** A failure that the user can do something about: printed as one line, without a stack, before exit status 1. */
export class UserError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UserError';
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether a system call failed with one of these codes (ENOENT, EACCES, …). */
export function hasErrorCode(thrown: unknown, ...codes: string[]): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' && codes.includes(code);
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nobody listens there',
  EIO: 'the disk reports an input/output error',
  EEXIST: 'it exists already',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a component of the path is not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

/** What a failed system call found, in words, for the end of a message. */
export function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return reasons[code] ?? (hasNumber(thrown, constants.errno.EDQUOT) ? quotaReason : messageOf(thrown));
}

/** As `reasonOf`, of a write to `place`, a path or an open descriptor: of a full disk also how many bytes are free there. */
export function writeReasonOf(thrown: unknown, place: string | number): string {
  if (!hasErrorCode(thrown, 'ENOSPC')) return reasonOf(thrown);
  try {
    const { bavail, bsize, files, ffree } = statfsSync(typeof place === 'number' ? `/proc/self/fd/${place}` : place);
    const reason = files > 0 && ffree === 0 ? 'the file system has no free inodes' : reasonOf(thrown);
    return `${reason} (${bavail * bsize} bytes available)`;
  } catch {
    return reasonOf(thrown);
  }
}

const quotaReason = 'the disk quota is used up';

/** Node has no name for some errors, but their number. */
function hasNumber(thrown: unknown, number: number): boolean {
  return thrown instanceof Error && 'errno' in thrown && thrown.errno === -number;
}
