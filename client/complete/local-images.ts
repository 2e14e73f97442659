import { type Dirent, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { hasErrorCode } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';
import type { Scope } from '../cli/values.js';
import { classDirectories, type ImageClass } from '../cli/values.js';
import type { Candidate } from './candidate.js';

/** The directories that hold those of the classes. */
const systemBases = ['/var/lib', '/etc', '/run', '/usr/local/lib', '/usr/lib'];

/**
 * The images of a class, as their directories show them: good enough to offer their names.
 *
 * @param root the directory to look in instead of those of the class
 * @returns undefined if a directory may not be read
 */
export function localImages(
  imageClass: ImageClass,
  scope: Scope,
  root: string | undefined,
  env: ProcessContext['env'],
): readonly Candidate[] | undefined {
  const name = basename(classDirectories[imageClass]);
  const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local/state');
  const bases = scope === 'system' ? systemBases : [state];
  const found = (root === undefined ? bases.map((base) => join(base, name)) : [root]).map(entriesOf);
  if (found.includes(undefined)) return undefined;
  return found.flatMap((entries) => entries ?? []).flatMap((entry) => candidateOf(entry, imageClass));
}

function entriesOf(directory: string): Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    return hasErrorCode(error, 'EACCES', 'EPERM') ? undefined : [];
  }
}

function candidateOf(entry: Dirent, imageClass: ImageClass): Candidate[] {
  if (entry.name.startsWith('.')) return [];
  const isTree =
    entry.isDirectory() || (entry.isSymbolicLink() && leadsToDirectory(join(entry.parentPath, entry.name)));
  if (!isTree && !entry.name.endsWith('.raw')) return [];
  const word = entry.name.replace(isTree ? '' : /\.raw$/, '').replace(new RegExp(`\\.${imageClass}$`), '');
  return [{ word, description: `${imageClass} ${isTree ? 'tree' : 'raw'}` }];
}

function leadsToDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
