import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { withoutUserinfo } from '../../common/url.js';
import { hasCode } from '../../linux/errno.js';
import { fileFault, UsageError, UserError, writeReasonOf } from '../cli/failure.js';
import { isDamaged, isUrl } from '../names.js';
import { createTemporary } from './temporary-file.js';

/** Where an export goes. Disposed without commit() it leaves what was there before. */
export interface ExportTarget extends AsyncDisposable {
  readonly descriptor: number;
  /** For messages: the path in quotes, or standard output. */
  readonly path: string;
  /** Whether it is an empty regular file of our own. */
  readonly isNew: boolean;
  /** Makes the bytes durable and gives them their name. */
  commit(): Promise<void>;
}

/**
 * Opens FILE for an export. A regular file is replaced only once the new one is complete: the bytes go to a temporary
 * file beside it. Pipes and devices are written to as they are.
 *
 * @throws UserError if it cannot be written
 */
export async function openTarget(file: string): Promise<ExportTarget> {
  if (isDamaged(file)) {
    const way = 'redirect standard output to it, with - as FILE';
    throw new UsageError(`Cannot export to '${file}': its name is not valid UTF-8; ${way}.`);
  }
  try {
    const path = await finalPath(file);
    const found = await statIfThere(path);
    if (found?.isDirectory() === true) throw refuse(file, 'it is a directory.');
    return found === undefined || found.isFile() ? await openTemporary(path) : await openDirectly(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (isUrl(file)) throw new UsageError(`Cannot export to '${withoutUserinfo(file)}': it is a URL; export to a file`);
    throw new UserError(`Cannot write '${file}': ${writeReasonOf(error, dirname(file))}.`, fileFault(error, file));
  }
}

function refuse(file: string, reason: string): UserError {
  return new UserError(`Cannot export to '${file}': ${reason}`, { error: 'FileSystemError', facts: { path: file } });
}

/** A symbolic link stays: what it points to is replaced. */
async function finalPath(file: string): Promise<string> {
  try {
    const path = await realpath(file);
    await refuseForeignLink(file);
    return path;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const dangling = await lstat(file).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (dangling) throw refuse(file, 'it is a symbolic link to nothing.');
    return file;
  }
}

/** As the kernel does where fs.protected_symlinks says so: in a place like /tmp another user's link is a trap. */
async function refuseForeignLink(file: string): Promise<void> {
  const link = await lstat(file);
  if (!link.isSymbolicLink()) return;
  const directory = await stat(dirname(file));
  const isShared = (directory.mode & 0o1002) === 0o1002;
  if (isShared && link.uid !== process.geteuid?.() && link.uid !== directory.uid) {
    throw refuse(file, `it is a symbolic link that user ${link.uid} made in a shared directory`);
  }
  // From where the directory really is: a `..` in the link means the parent of that one.
  await refuseForeignLink(resolve(await realpath(dirname(file)), await readlink(file)));
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function openDirectly(path: string): Promise<ExportTarget> {
  const handle = await open(path, constants.O_WRONLY | constants.O_NOCTTY);
  return {
    descriptor: handle.fd,
    path: `'${path}'`,
    isNew: false,
    commit: async () => {},
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/**
 * The mode of the file that is replaced, else that of a new file. What its group may do is kept for that group alone: where the
 * new file cannot be given to it, no group may.
 */
async function giveMode(handle: FileHandle, replaced: Stats | undefined): Promise<void> {
  if (replaced === undefined) return handle.chmod(0o666 & ~process.umask());
  const isSameGroup = (await handle.stat()).gid === replaced.gid || (await giveToGroup(handle, replaced.gid));
  await handle.chmod(replaced.mode & (isSameGroup ? 0o777 : 0o707));
}

async function giveToGroup(handle: FileHandle, group: number): Promise<boolean> {
  try {
    await handle.chown(-1, group);
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM', 'EINVAL', 'EOPNOTSUPP')) return false;
    throw error;
  }
}

async function openTemporary(path: string): Promise<ExportTarget> {
  const { handle, temporary } = await createTemporary(path);
  let committed = false;
  return {
    descriptor: handle.fd,
    path: `'${path}'`,
    isNew: true,
    async commit() {
      // Until it is whole it is nobody else's to read.
      await giveMode(handle, await statIfThere(path));
      await handle.sync();
      await rename(temporary, path);
      committed = true;
      await syncDirectory(dirname(path));
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      if (!committed) await unlink(temporary).catch(() => {});
    },
  };
}

async function syncDirectory(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync();
  } catch (error) {
    // Directories that may be written but not read, and file systems that cannot sync them, are no failure.
    if (!hasCode(error, 'EACCES', 'EINVAL', 'EPERM')) throw error;
  } finally {
    await handle?.close();
  }
}
