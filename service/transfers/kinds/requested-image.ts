import type { NewImage } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';

/** What a caller wants an image to become that comes by a pull or an import: the rest of its order is the service's to say. */
export type RequestedImage = Omit<NewImage, 'scope' | 'convertCommand'>;

/** What the placement process is told of it. `convertCommand`: what it starts the process with that converts disk images. */
export function newImage({ scope }: Host, requested: RequestedImage, convertCommand: string[]): NewImage {
  return { ...requested, scope, convertCommand };
}
