import { constants, fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { withoutUserinfo } from '../../common/url.js';
import { hasCode } from '../../linux/errno.js';
import { fileFault, reasonOf, UsageError, UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import { isDamaged, isStandardStream, isUrl, type NameForm } from '../names.js';

/** An opened image to be imported. */
export interface ImportSource extends AsyncDisposable {
  readonly descriptor: number;
  /** For messages: the path in quotes, or standard input. */
  readonly what: string;
  readonly isDirectory: boolean;
  /** Bytes that will come, where that is certain. */
  readonly bytesTotal: number | undefined;
  /** Whether the service can read it to its end without us: a file or directory, no pipe that somebody must fill. */
  readonly independent: boolean;
}

/**
 * Opens FILE with the caller's rights, or takes standard input. Nothing about an open file description is changed.
 *
 * @throws UserError if it cannot be opened, or is not of the kind that is needed
 */
export async function openSource(session: Session, file: string, form: NameForm): Promise<ImportSource> {
  if (isStandardStream(file)) return standardInput(session, form);
  const path = file;
  const kind = form === 'directory' ? constants.O_DIRECTORY : 0;
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOCTTY | kind);
  } catch (error) {
    throw await cannotOpen(error, path, form);
  }
  try {
    return {
      ...judge(fstatSync(handle.fd), handle.fd, `'${path}'`, form),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function cannotOpen(error: unknown, path: string, form: NameForm): Promise<UserError> {
  if (isUrl(path) && hasCode(error, 'ENOENT', 'ENOTDIR')) {
    const verb = form === 'raw' ? 'pull-raw' : 'pull-tar';
    return new UsageError(`Cannot import '${withoutUserinfo(path)}': it is a URL; use ${verb}`);
  }
  const what = `Cannot open '${path}'`;
  if (isDamaged(path)) {
    return new UsageError(
      `${what}: ${reasonOf(error)}. Its name is not valid UTF-8: redirect standard input from it, with - as FILE.`,
    );
  }
  const isFile = form === 'directory' && hasCode(error, 'ENOTDIR') && (await isThere(path));
  if (!isFile) return new UserError(`${what}: ${reasonOf(error)}.`, fileFault(error, path));
  return new UsageError(`${what}: it is not a directory. For an archive use import-tar, for a disk image import-raw.`);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function standardInput(session: Session, form: NameForm): ImportSource {
  const { descriptor, isTerminal } = session.context.stdin;
  if (isTerminal)
    throw new UsageError('Refusing to read an image from a terminal: give a FILE, or redirect standard input.');
  const source = judge(fstatSync(descriptor), descriptor, 'standard input', form);
  // Its offset need not be at the beginning, so its size says little about how much will come.
  return { ...source, bytesTotal: undefined, [Symbol.asyncDispose]: async () => {} };
}

function judge(
  found: Stats,
  descriptor: number,
  what: string,
  form: NameForm,
): Omit<ImportSource, typeof Symbol.asyncDispose> {
  if (found.isDirectory() && form !== 'directory' && form !== 'oci') {
    throw new UsageError(`Cannot import ${what} as an archive or disk image: it is a directory. Use import-fs.`);
  }
  if (!found.isDirectory() && form === 'directory') {
    throw new UsageError(`Cannot import ${what} with import-fs: it is not a directory; use import-tar or import-raw.`);
  }
  const independent = found.isFile() || found.isDirectory() || found.isBlockDevice();
  return {
    descriptor: descriptor,
    what,
    isDirectory: found.isDirectory(),
    bytesTotal: found.isFile() ? found.size : undefined,
    independent,
  };
}
