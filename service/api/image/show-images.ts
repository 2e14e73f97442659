import { withoutQueries } from '../../../common/url.js';
import type {
  ImageDetails,
  ImageSize,
  ShowParameters,
  ShowReply,
} from '../../../interfaces/generated/io.ferry.Image.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import type { KnownSizes } from '../../images/details/known-sizes.js';
import { startCommands } from '../../images/details/start-command.js';
import { validateImageName } from '../../images/layout/names.js';
import { type Image, type ListOptions, listImages, noSuchImage } from '../../images/manage/images.js';
import type { ImageFindings, KnownSize, Provenance } from '../../processes/ipc/messages.js';
import type { Host } from '../../transfers/host.js';
import { inspectDisk } from '../../transfers/inspect/inspect-disk.js';
import { showImages } from '../../transfers/kinds/show-images.js';
import { knownProvenanceKey } from '../../transfers/provenance-order.js';
import { isTrusted } from '../authorize.js';
import { onWire } from '../on-wire.js';
import { tellProgress } from './tell-progress.js';

type ShowCall = ServerCall<ShowParameters, ShowReply>;

/** Answers Show(), and keeps the sizes that were counted for it. */
export class ImageShower {
  readonly #host: Host;
  readonly #sizes: KnownSizes;

  constructor(host: Host, sizes: KnownSizes) {
    this.#host = host;
    this.#sizes = sizes;
  }

  /**
   * @throws Failure InvalidName, NoSuchImage, and as listImages() and showImages()
   * @throws the reason of `closed` when the caller is gone
   */
  async answer(call: ShowCall): Promise<void> {
    const images = await this.#find(call);
    const findings = await this.#look(call, images);
    this.#keep(images, findings);
    const details: ImageDetails[] = [];
    for (const [index, image] of images.entries()) {
      const found = findings[index];
      if (found !== undefined) details.push(await this.#inspect(image, this.#details(image, found, call), call));
    }
    call.reply({ images: details, progress: null });
  }

  async #find({ parameters, closed }: ShowCall): Promise<Image[]> {
    const { class: imageClass, imageRoot } = parameters;
    const name = validateImageName(parameters.name);
    const options: ListOptions = {
      scope: this.#host.scope,
      environment: this.#host.environment,
      signal: closed,
      warn: (message) => this.#host.log.warning(message),
      name,
      ...(imageClass ? { class: imageClass } : {}),
      ...(imageRoot ? { root: imageRoot } : {}),
    };
    const images: Image[] = [];
    await listImages(options, (image) => images.push(image));
    if (images.length === 0) throw noSuchImage(name, imageClass ?? undefined, imageRoot ?? undefined);
    return images;
  }

  async #look(call: ShowCall, images: readonly Image[]): Promise<ImageFindings[]> {
    const { imageRoot, recount } = call.parameters;
    const shown = images.map(({ class: imageClass, name, type, path }) => {
      return { class: imageClass, name, type, path, root: imageRoot ?? undefined, known: this.#sizes.of(path) };
    });
    const provenanceKey = knownProvenanceKey(this.#host);
    const common = { scope: this.#host.scope, recount: recount ?? false, provenanceKey };
    const order = { type: 'show', images: shown, ...common } as const;
    return await showImages(this.#host, order, call.closed, ({ files, bytesOnDisk }) =>
      tellProgress(call, { images: null, progress: { files, bytesOnDisk } }),
    );
  }

  /** One disk after the other: of one that takes its whole time the caller waits for that long. */
  async #inspect(image: Image, details: ImageDetails, { parameters, closed }: ShowCall): Promise<ImageDetails> {
    if (!parameters.inspectDisk || image.type !== 'raw') return details;
    return { ...details, ...(await inspectDisk(this.#host, image, closed)) };
  }

  #keep(images: readonly Image[], findings: readonly ImageFindings[]): void {
    const counted = images.flatMap(({ path }, index): [string, KnownSize][] => {
      const { size, sizeState, unreadable } = findings[index] ?? {};
      const isTree = size?.files !== undefined;
      return isTree && sizeState === 'counted' && unreadable === 0 ? [[path, size]] : [];
    });
    this.#sizes.keep(new Map(counted));
  }

  #details(image: Image, findings: ImageFindings, { parameters, peer }: ShowCall): ImageDetails {
    const { size, sizeState, unreadable, provenance, ...rest } = findings;
    const root = parameters.imageRoot ?? undefined;
    const mayKnow = isTrusted(peer) || peer.uid === provenance?.uid;
    return onWire({
      image: onWire(image),
      size: size === undefined ? undefined : sizeOnWire(size, { state: sizeState, unreadable }),
      ...rest,
      inspection: undefined,
      provenance: provenance === undefined ? undefined : onWire(mayKnow ? provenance : masked(provenance)),
      startCommands: startCommands(image, { root }, this.#host),
    });
  }
}

function sizeOnWire(
  { bytes, bytesOnDisk, files, countedAt }: KnownSize,
  found: Pick<ImageSize, 'state' | 'unreadable'>,
): ImageSize {
  return { bytes, bytesOnDisk, files: files ?? null, countedAt, ...found };
}

/** The query of a URL may be a secret, also in the name of a pristine download. */
function masked(provenance: Provenance): Provenance {
  const { url, pristine } = provenance;
  const hide = (text: string | undefined) => (text === undefined ? undefined : withoutQueries(text));
  return { ...provenance, url: hide(url), pristine: hide(pristine) };
}
