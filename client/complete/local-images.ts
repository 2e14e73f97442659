import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../common/image-classes.js';
import { classSuffix, type ImageClass, searchPaths } from '../../common/image-classes.js';
import { hasCode } from '../../linux/errno.js';
import type { ProcessContext } from '../cli/process-context.js';
import type { Candidate } from './candidate.js';

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
  variables: ProcessContext['variables'],
): readonly Candidate[] | undefined {
  const found = (root === undefined ? searchPaths(imageClass, scope, variables) : [root]).map(entriesOf);
  if (found.includes(undefined)) return undefined;
  return found.flatMap((entries) => entries ?? []).flatMap((entry) => candidateOf(entry, imageClass));
}

function entriesOf(directory: string): Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    return hasCode(error, 'EACCES', 'EPERM') ? undefined : [];
  }
}

function candidateOf(entry: Dirent, imageClass: ImageClass): Candidate[] {
  if (entry.name.startsWith('.')) return [];
  const isTree =
    entry.isDirectory() || (entry.isSymbolicLink() && leadsToDirectory(join(entry.parentPath, entry.name)));
  if (!isTree && !entry.name.endsWith('.raw')) return [];
  const bare = entry.name.replace(isTree ? '' : /\.raw$/, '');
  const own = classSuffix(imageClass);
  const word = bare.endsWith(own) ? bare.slice(0, bare.length - own.length) : bare;
  return [{ word, description: `${imageClass} ${isTree ? 'tree' : 'raw'}` }];
}

function leadsToDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
