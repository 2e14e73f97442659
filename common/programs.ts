import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where systemd looks when there is no $PATH. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where the programs of the system are, whatever $PATH says. */
export const systemPath = '/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin';

/**
 * The path of the first executable file of this name in the directories of `searchPath`, which is written like $PATH; undefined if
 * there is none. As with systemd, only absolute directories are looked into. A name with a slash is a path.
 */
export function findProgram(name: string, searchPath: string | undefined): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  const folders = (searchPath || usualPath).split(':').filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
