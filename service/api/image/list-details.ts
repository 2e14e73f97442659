import { basename, dirname } from 'node:path';
import { withoutQueries } from '../../../common/url.js';
import type { Image as ListedImage, ListParameters } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import { knownOrigin } from '../../images/details/origin.js';
import { StateReader } from '../../images/details/state.js';
import { lockStateOf } from '../../images/install/locks.js';
import { type ImageHost, imageHost } from '../../images/layout/host.js';
import { parsePristineName } from '../../images/layout/pristine-names.js';
import { ImageRoot } from '../../images/layout/root.js';
import type { Image } from '../../images/manage/images.js';
import { Slices } from '../../images/manage/slices.js';
import { findDownload } from '../../images/prune/downloads.js';
import { isPulled } from '../../images/prune/rules.js';
import { UsedDownloads } from '../../images/prune/unused.js';
import type { Host } from '../../transfers/host.js';
import { knownProvenanceKey } from '../../transfers/provenance-order.js';
import { isTrusted } from '../authorize.js';

type Details = Partial<Pick<ListedImage, 'source' | 'verification' | 'unused'>>;

/** What List() tells of images on request. */
export class ListDetails {
  readonly #call: ServerCall<ListParameters>;
  readonly #host: ImageHost;
  readonly #key: Buffer | undefined;
  readonly #pulled: readonly string[];
  readonly #states: StateReader;
  #used: UsedDownloads | undefined;

  private constructor(call: ServerCall<ListParameters>, host: Host, pulled: readonly string[]) {
    this.#call = call;
    this.#host = imageHost(host.scope, host.environment);
    const key = knownProvenanceKey(host);
    this.#key = key === undefined ? undefined : Buffer.from(key, 'base64');
    this.#pulled = pulled;
    this.#states = new StateReader(this.#host);
  }

  /**
   * Undefined where nothing is requested.
   *
   * @param pulled the URLs of pulls that have not ended
   * @throws the reason of `closed` when the caller is gone
   */
  static async prepare(
    call: ServerCall<ListParameters>,
    host: Host,
    pulled: readonly string[],
  ): Promise<ListDetails | undefined> {
    const { origin, use, hidden } = call.parameters;
    if (!origin && !use) return undefined;
    const details = new ListDetails(call, host, pulled);
    if (use && hidden !== false) await details.#findUsed();
    return details;
  }

  /** In slices: there may be many images. */
  async #findUsed(): Promise<void> {
    const { parameters, closed } = this.#call;
    const looking = UsedDownloads.find(this.#host, parameters.imageRoot ? [parameters.imageRoot] : [], this.#key);
    const slices = new Slices();
    for (;;) {
      const { done, value } = looking.next();
      if (done === true) {
        this.#used = value;
        return;
      }
      if (!slices.isUsedUp) continue;
      await slices.pause();
      closed.throwIfAborted();
    }
  }

  of(image: Image): Details {
    const { origin, use } = this.#call.parameters;
    return { ...(origin && this.#originOf(image)), ...(use && { unused: this.#isUnused(image) ?? null }) };
  }

  #originOf(image: Image): Details {
    const { url, verification, uid } = knownOrigin(image, this.#key) ?? {};
    const mayKnow = isTrusted(this.#call.peer) || this.#call.peer.uid === uid;
    return {
      source: url === undefined || mayKnow ? (url ?? null) : withoutQueries(url),
      verification: verification ?? null,
    };
  }

  #isUnused(image: Image): boolean | undefined {
    if (parsePristineName(basename(image.path)) !== undefined) return this.#isUnusedDownload(image.path);
    if (image.hidden && image.path !== '/') return undefined;
    return this.#states.isUnused({ ...image, root: this.#call.parameters.imageRoot ?? undefined });
  }

  #isUnusedDownload(path: string): boolean | undefined {
    using root = ImageRoot.open(dirname(path));
    const download = findDownload(root, basename(path));
    if (isPulled(download, this.#pulled) || this.#used?.has(root.path, download) !== false) return false;
    return lockStateOf(path, this.#host) === 'free';
  }
}
