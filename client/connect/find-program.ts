import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The path of the first executable file of this name in $PATH; a name with a slash is a path. Undefined if there is none. */
export function findProgram(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  const folders = (env['PATH'] || '/usr/local/bin:/usr/bin:/bin').split(':');
  return folders.map((folder) => join(folder || '.', name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
