import type { ListParameters, ListReply } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { errnoName } from '../../../linux/errno.js';
import { arrayOfPrinted, printJson } from '../../../varlink/json.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import { messageSizeMax, slowPeerBytes } from '../../../varlink/wire/limits.js';
import type { KnownSizes } from '../../images/details/known-sizes.js';
import { isStillRight } from '../../images/details/size.js';
import { type Image, type ListOptions, listImages } from '../../images/manage/images.js';
import { isTrusted } from '../authorize.js';
import { onWire } from '../on-wire.js';
import type { ListDetails } from './list-details.js';

type ListCall = ServerCall<ListParameters, ListReply>;

/** Images in a reply that others follow: enough that a reply costs nothing by itself, and few enough to be sent without a pause. */
const imagesInReply = 256;

/** What is told of images beside what is seen in their directory. */
interface Known {
  /** Of trees that were counted. */
  readonly sizes: KnownSizes;
  /** What the caller has requested; undefined for nothing. */
  readonly details: ListDetails | undefined;
}

/** The images that are found, on their way to the caller: printed as they come, when there is time. */
class ListAnswer {
  readonly #call: ListCall;
  readonly #known: Known;
  #printed: string[] = [];

  constructor(call: ListCall, known: Known) {
    this.#call = call;
    this.#known = known;
  }

  add(image: Image): void {
    if (image.hidden && this.#call.parameters.hidden === false) return;
    if (this.#call.more && this.#printed.length >= imagesInReply) this.#call.continues({ images: this.#take() });
    image.usage ??= this.#countedUsage(image);
    const details = this.#known.details?.of(image);
    this.#printed.push(printJson(onWire(details === undefined ? image : { ...image, ...details })));
  }

  /** What a tree takes on the disk, as it was counted when it was shown; undefined if it was not, or may have changed since. */
  #countedUsage({ type, path }: Image): number | undefined {
    const known = type === 'directory' || type === 'subvolume' ? this.#known.sizes.of(path) : undefined;
    if (known === undefined) return undefined;
    try {
      return isStillRight(known, path) ? known.bytesOnDisk : undefined;
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Waits for a caller that is slow. Others of root's wait for their turn meanwhile, so its replies may fill more of the memory. */
  async keepUp(): Promise<void> {
    const { peer, queuedBytes } = this.#call;
    if (queuedBytes > (isTrusted(peer) ? messageSizeMax : slowPeerBytes)) await this.#call.drained();
  }

  end(): void {
    this.#call.reply({ images: this.#take() });
  }

  #take(): never[] {
    const images = arrayOfPrinted(this.#printed);
    this.#printed = [];
    return images;
  }
}

/**
 * Lists images, to a caller with `more` in several replies.
 *
 * @throws as listImages(); ConnectionClosed when the caller is gone
 */
export async function answerList(call: ListCall, options: ListOptions, known: Known): Promise<void> {
  const answer = new ListAnswer(call, known);
  await listImages({ ...options, keepUp: () => answer.keepUp() }, (image) => answer.add(image));
  answer.end();
  // The user's next list waits until this one is out of the memory.
  if (!isTrusted(call.peer)) await call.drained();
}
