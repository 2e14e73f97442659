import type { installImage } from '../../images/install/install.js';
import { tell } from '../ipc/channel.js';

/** Gives back the path of an image that has its name, and tells whether that was another one's before. */
export function tellInstalled({ path, replaced }: ReturnType<typeof installImage>): string {
  if (replaced) tell({ type: 'replaced' });
  return path;
}
