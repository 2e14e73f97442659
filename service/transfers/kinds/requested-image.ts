import { priorities } from '../../../common/log/log.js';
import type { NewImage } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { provenanceOrder } from '../provenance-order.js';
import type { Transfer } from '../transfer.js';

/** What a caller wants an image to become that comes by a pull or an import: the rest of its order is the service's to say. */
export type RequestedImage = Omit<NewImage, 'scope' | 'convertCommand' | 'provenance'>;

/** What the placement process is told of it. `convertCommand`: what it starts the process with that converts disk images. */
export function newImage(
  host: Host,
  requested: RequestedImage,
  convertCommand: string[],
  transfer: Transfer,
): NewImage {
  const warn = (message: string) => transfer.say(priorities.warning, message);
  const provenance = requested.name === undefined ? undefined : provenanceOrder(host, transfer.subject.uid, warn);
  return { ...requested, scope: host.scope, convertCommand, provenance };
}
