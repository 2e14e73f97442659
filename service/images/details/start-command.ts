import { dirname } from 'node:path';
import { searchPaths } from '../../../common/image-classes.js';
import { quoteWord } from '../../../common/text.js';
import type { ImageOwner } from '../layout/host.js';
import type { Image } from '../manage/images.js';

/** Which directory of images was given, if one was. */
interface Place {
  readonly root: string | undefined;
}

/** What has to be known of an image to say how it is put to use. */
type Startable = Pick<Image, 'class' | 'name' | 'path' | 'type'>;

/** How machined and others find an image: by its name in the directories of its class. */
function isFoundByName(
  { class: imageClass, path }: Startable,
  { root }: Place,
  { scope, environment }: ImageOwner,
): boolean {
  return root === undefined && searchPaths(imageClass, scope, environment).includes(dirname(path));
}

function machineCommands(image: Startable, place: Place, owner: ImageOwner): string[] {
  const { name, path, type } = image;
  if (type === 'mstack') return [`systemd-nspawn --mstack=${quoteWord(path)}`];
  // Users' own machines are found by their paths everywhere, by their names only with a newer systemd.
  if (owner.scope === 'system' && isFoundByName(image, place, owner))
    return [`machinectl start ${quoteWord(name)}`, `systemd-nspawn -M ${quoteWord(name)}`];
  return [`systemd-nspawn ${type === 'raw' || type === 'block' ? '-i' : '-D'} ${quoteWord(path)}`];
}

/** The commands that put an image to use. Hidden ones have none: they are there to be copied from. */
export function startCommands(image: Startable, place: Place, owner: ImageOwner): string[] {
  const { class: imageClass, name, path } = image;
  if (name.startsWith('.')) return [];
  if (imageClass === 'machine') return machineCommands(image, place, owner);
  const isFound = isFoundByName(image, place, owner);
  if (imageClass === 'portable') {
    const user = owner.scope === 'user' ? ' --user' : '';
    return [`portablectl${user} attach ${quoteWord(isFound ? name : path)}`];
  }
  // Extensions are merged from the directories of the system.
  if (owner.scope === 'user' || !isFound) return [];
  return [`systemd-${imageClass} refresh`];
}
