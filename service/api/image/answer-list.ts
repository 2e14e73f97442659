import type { ListParameters, ListReply } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { arrayOfPrinted, printJson } from '../../../varlink/json.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import { messageSizeMax, slowPeerBytes } from '../../../varlink/wire/limits.js';
import { type Image, type ListOptions, listImages } from '../../images/manage/images.js';
import { isTrusted } from '../authorize.js';
import { onWire } from '../on-wire.js';

type ListCall = ServerCall<ListParameters, ListReply>;

/** Images in a reply that others follow: enough that a reply costs nothing by itself, and few enough to be sent without a pause. */
const imagesInReply = 256;

/** The images that are found, on their way to the caller: printed as they come, when there is time. */
class ListAnswer {
  readonly #call: ListCall;
  #printed: string[] = [];

  constructor(call: ListCall) {
    this.#call = call;
  }

  add(image: Image): void {
    if (this.#call.more && this.#printed.length >= imagesInReply) this.#call.continues({ images: this.#take() });
    this.#printed.push(printJson(onWire(image)));
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
export async function answerList(call: ListCall, options: ListOptions): Promise<void> {
  const answer = new ListAnswer(call);
  await listImages({ ...options, keepUp: () => answer.keepUp() }, (image) => answer.add(image));
  answer.end();
  // The user's next list waits until this one is out of the memory.
  if (!isTrusted(call.peer)) await call.drained();
}
