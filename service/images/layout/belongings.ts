import { join } from 'node:path';
import type { ImageClass } from '../../../common/image-classes.js';
import type { ImageHost } from './host.js';
import { statusIfPresent } from './present.js';

/** What belongs to an image under its name plus one of these, by systemd's own list. */
const suffixes = [
  '.nspawn',
  '.oci-config',
  '.roothash',
  '.roothash.p7s',
  '.usrhash',
  '.usrhash.p7s',
  '.verity',
  '.raw.tpmstate',
  '.raw.efinvramstate',
];

/** Where administrators keep settings of machines, by name only (systemd.nspawn(5)). */
const settingsDirectories = ['/etc/systemd/nspawn', '/run/systemd/nspawn'];

/** Something that belongs to an image. */
export interface Belonging {
  directory: string;
  suffix: string;
}

/** What belongs to the image of that name in a directory, and to a machine of the host elsewhere. */
export function belongingsOf(
  name: string,
  directory: string,
  imageClass: ImageClass,
  host: ImageHost,
  customRoot: boolean,
): Belonging[] {
  // The record of a layer of container images.
  const own = name.startsWith('.oci-') ? [...suffixes, '.layer'] : suffixes;
  const beside = own.map((suffix) => ({ directory, suffix }));
  const elsewhere =
    imageClass === 'machine' && host.scope === 'system' && !customRoot
      ? settingsDirectories.map((settings) => ({ directory: settings, suffix: '.nspawn' }))
      : [];
  return [...beside, ...elsewhere].filter(
    (belonging) => statusIfPresent(join(belonging.directory, name + belonging.suffix)) !== undefined,
  );
}
