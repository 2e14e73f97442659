import type { ImageHandlers, ListParameters, ListReply } from '../../interfaces/generated/io.ferry.Image.generated.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { listImages } from '../store/images.js';
import type { Host } from '../transfer/host.js';
import { withFailures } from './errors.js';

const interfaceName = 'io.ferry.Image';

/** io.ferry.Image: the images of this host, of all classes. */
export class ImageInterface implements Partial<ImageHandlers> {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  List(call: ServerCall<ListParameters, ListReply>): Promise<void> {
    return withFailures(interfaceName, async () => {
      const { class: imageClass, name, imageRoot } = call.parameters;
      const images = listImages({
        scope: this.#host.scope,
        environment: this.#host.environment,
        ...(imageClass ? { class: imageClass } : {}),
        ...(imageRoot ? { root: imageRoot } : {}),
      });
      call.reply({ images: images.filter((image) => !name || image.name === name) });
    });
  }
}
