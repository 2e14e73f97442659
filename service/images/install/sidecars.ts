import { synchronize } from '../../../linux/space.js';
import { escapeText } from '../../../varlink/text.js';
import { statusIfPresent } from '../layout/present.js';
import { installedSuffixes } from '../layout/pristine-names.js';
import { renameOrExchange, renameToAbsent, setAside } from '../manage/rename.js';
import type { InstallRequest } from './request.js';

/**
 * Gives the sidecars of an image their names, after the image has its own: a new image beside the old root hash is
 * refused by whoever starts it, which is the better of the two ways to be interrupted. Existing ones are replaced with
 * `force` only, and then also those go that the new image does not have. Adds temporary names of old ones to `replaced`.
 */
export function installSidecars(request: InstallRequest, replaced: string[]): void {
  for (const suffix of installedSuffixes) {
    const fileName = `${request.name}${suffix}`;
    const temporary = request.sidecars.get(suffix);
    if (temporary === undefined) removeStale(request, fileName, replaced);
    else installOne(request, temporary, fileName, replaced);
  }
}

type Sidecar = InstallRequest['temporary'];

function installOne(request: InstallRequest, temporary: Sidecar, fileName: string, replaced: string[]): void {
  const { root, force, warn } = request;
  if (request.synchronize) synchronize(temporary.descriptor);
  if (force) {
    if (renameOrExchange(root, temporary, fileName)) replaced.push(temporary.name);
  } else if (!renameToAbsent(root, temporary.name, fileName)) {
    warn(`${escapeText(root.pathOf(fileName))} exists already and stays as it is. Replace it with --force`);
    return;
  }
  temporary.settle();
}

function removeStale({ root, force, warn }: InstallRequest, fileName: string, replaced: string[]): void {
  if (statusIfPresent(root.at(fileName)) === undefined) return;
  if (!force) {
    warn(`${escapeText(root.pathOf(fileName))} was there before and is now used with the new image`);
    return;
  }
  replaced.push(setAside(root, fileName));
}
