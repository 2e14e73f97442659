import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: the nearest one above this module that has a package.json, or else, for a build made elsewhere, the current one. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  return folder === dirname(folder) ? process.cwd() : findRoot(dirname(folder));
}

/** A path in the project's folder. */
export function projectFile(...names: string[]): string {
  return join(projectRoot, ...names);
}
