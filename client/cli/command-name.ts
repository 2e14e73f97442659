import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { findProgram } from '../../common/programs.js';

/**
 * How people call this program again: by its name where the shell finds it under that, else by its path.
 *
 * @param program what node was started with: the program, or a link to it
 * @param searchPath where the shell finds programs, as in $PATH
 */
export function commandName(program: string, searchPath: string | undefined, workingDirectory: string): string {
  const name = basename(program, '.js');
  const start = starterOf(program, name);
  const found = findProgram(name, searchPath);
  if (found !== undefined && realPath(found) === realPath(start)) return name;
  const path = relative(workingDirectory, start);
  return path.startsWith('..') ? start : `./${path}`;
}

/** Installed, a script beside the program starts it (install.sh), and that is what the name in $PATH leads to. */
function starterOf(program: string, name: string): string {
  return findProgram(join(dirname(program), name), undefined) ?? program;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
