import { basename } from 'node:path';
import { lossKindValues } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { LossCounter, type Losses } from '../../formats/metadata/losses.js';
import { stampOrigin } from '../../images/copy/copy.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { installImage } from '../../images/install/install.js';
import { countUsage } from '../../images/install/quota.js';
import type { Temporary } from '../../images/install/temporary.js';
import type { ImageHost } from '../../images/layout/host.js';
import type { DownloadOrigin, SidecarSuffix } from '../../images/layout/pristine-names.js';
import { ImageRoot } from '../../images/layout/root.js';
import { releasePartial } from '../../images/pristine/partial.js';
import { type ProofsPlace, renewProofs } from '../../images/pristine/place-proofs.js';
import { copySidecars, makeWritableCopy, placePristine } from '../../images/pristine/pristine.js';
import { readRecord } from '../../images/pristine/record.js';
import { sidecarUrl } from '../fetch/sidecar-url.js';
import { log, tell } from '../ipc/channel.js';
import type { FrameReader } from '../ipc/frames.js';
import type { PlacementOutcome, PullOutcome, PullPlacementOrder } from '../ipc/messages.js';
import { waitForPermission } from '../ipc/orders.js';
import { DownloadedDisk } from './downloaded-disk.js';
import { detailsOfPull, type PulledFrom, provenanceFor } from './placed-provenance.js';
import { Received } from './received.js';
import { tellInstalled } from './tell-installed.js';
import { moreOf, tellLosses } from './tell-losses.js';
import { tellMissingSystem } from './tell-system.js';
import { finishImage, type Unpacked } from './unpack.js';

const warn = (message: string): void => log('warning', message);

/** How messages call what comes. */
const subject = 'the download';

function told({ entries, kinds }: Losses): Pick<PlacementOutcome, 'lossCount' | 'losses'> {
  return { lossCount: entries, losses: kinds };
}

/** The placing half of one pull. */
class PlacedPull {
  readonly #order: PullPlacementOrder;
  readonly #root: ImageRoot;
  readonly #received: Received;
  readonly #host: ImageHost;

  constructor(order: PullPlacementOrder, host: ImageHost, root: ImageRoot, received: Received) {
    this.#order = order;
    this.#root = root;
    this.#received = received;
    this.#host = host;
  }

  /** Gives what was received its names. Nothing before this was visible. */
  install(outcome: PullOutcome): PlacementOutcome {
    if (outcome.cachedPath !== undefined) {
      this.#renewProofs(outcome);
      return this.#installCopy(basename(outcome.cachedPath), outcome, this.#recorded(outcome.cachedPath));
    }
    const { image } = this.#received;
    if (image === undefined) throw new Error('there is neither an image nor one to copy');
    failOn(image.temporary.path, () => releasePartial(image.temporary));
    const finished = finishImage(image, {
      root: this.#root,
      order: this.#order.image,
      host: this.#host,
      subject,
    });
    this.#received.image = finished;
    if (this.#order.image.name === undefined) tellMissingSystem(finished.temporary.descriptor, this.#order.image);
    this.#stampSidecars(outcome);
    tell({ type: 'phase', phase: 'installing' });
    if (this.#order.keepDownload) return this.#installCopy(this.#keep(finished, outcome), outcome, finished.losses);
    return this.#installReceived(finished.temporary, outcome, finished.losses);
  }

  /** What a cached download has lost when it was unpacked: the copy lacks it too. */
  #recorded(path: string): Losses {
    const { lossCount = 0, losses = {} } = readRecord(path) ?? {};
    const kinds = lossKindValues.flatMap((kind) => {
      const count = losses[kind];
      return count === undefined ? [] : [{ kind, count, examples: [] }];
    });
    const lost = { entries: lossCount, kinds };
    tellLosses(lost, this.#order.image.strict);
    return lost;
  }

  #origin(outcome: PullOutcome): DownloadOrigin {
    return { format: this.#order.image.format, url: this.#order.url, etag: outcome.etag };
  }

  /** Where the download is kept. */
  #placeOf(outcome: PullOutcome): ProofsPlace {
    const { synchronize } = this.#host.settings;
    return { root: this.#root, origin: this.#origin(outcome), synchronize, warn };
  }

  /** A sidecar is a download of its own, with a URL and a state of its own. */
  #stampSidecars(outcome: PullOutcome): void {
    const { url, image } = this.#order;
    for (const { suffix, etag, lastModified } of outcome.sidecars) {
      const sidecar = [...this.#received.sidecars].find(([known]) => known === suffix)?.[1];
      if (sidecar === undefined) continue;
      stampOrigin(sidecar.descriptor, { url: sidecarUrl(url, image.format, suffix), etag }, lastModified, warn);
    }
  }

  /** Fresh files have shown that the download is what it must be. */
  #renewProofs(outcome: PullOutcome): void {
    const { proofs } = this.#received;
    if (proofs === undefined || !this.#order.keepDownload) return;
    renewProofs(proofs, outcome.record?.verification === 'signature', this.#placeOf(outcome));
  }

  #keep({ temporary, dataBytes, losses, isConverted = false }: Unpacked, outcome: PullOutcome): string {
    const isDisk = this.#order.image.format === 'raw';
    countUsage(this.#root, temporary.descriptor, this.#host.settings, warn);
    const placed = placePristine({
      ...this.#placeOf(outcome),
      temporary,
      verified: outcome.record,
      dataBytes,
      asTransferred: isDisk ? outcome.encodedBytes === 0 && !isConverted : undefined,
      losses,
      lastModified: outcome.lastModified,
      sidecars: this.#received.sidecars,
      proofs: this.#received.proofs,
    });
    return placed.name;
  }

  #installReceived(temporary: Temporary, outcome: PullOutcome, losses: Losses): PlacementOutcome {
    if (this.#order.image.format === 'raw')
      stampOrigin(temporary.descriptor, this.#origin(outcome), outcome.lastModified, warn);
    const path = this.#place(temporary, this.#received.sidecars, { outcome, pristine: undefined });
    return { path, pristinePath: undefined, ...told(losses) };
  }

  #installCopy(pristine: string, outcome: PullOutcome, before: Losses): PlacementOutcome {
    const pristinePath = this.#root.pathOf(pristine);
    if (this.#order.image.name === undefined) return { path: undefined, pristinePath, ...told(before) };
    tell({ type: 'phase', phase: 'copying' });
    const { strict, sizeMax, format } = this.#order.image;
    const counter = new LossCounter(this.#root.descriptor);
    using copy = makeWritableCopy(this.#root, pristine, format, {
      host: this.#host,
      subvolumes: this.#host.settings.subvolumes,
      synchronize: this.#host.settings.synchronize,
      losses: counter,
      sizeMax,
      warn,
    });
    if (counter.losses.entries > before.entries) tellLosses(counter.losses, strict);
    const sidecars = copySidecars(this.#root, this.#origin(outcome), this.#order.sidecars, sizeMax);
    try {
      const kept = { path: pristinePath, record: readRecord(pristinePath) };
      const path = this.#place(copy, sidecars, { outcome, pristine: kept });
      return { path, pristinePath, ...told(moreOf(before, counter.losses)) };
    } finally {
      for (const sidecar of sidecars.values()) sidecar[Symbol.dispose]();
    }
  }

  #place(temporary: Temporary, sidecars: ReadonlyMap<SidecarSuffix, Temporary>, from: Omit<PulledFrom, 'url'>): string {
    const { name, class: imageClass, force, readOnly } = this.#order.image;
    if (name === undefined) throw new Error('an image without a name cannot be placed');
    tellMissingSystem(temporary.descriptor, this.#order.image);
    countUsage(this.#root, temporary.descriptor, this.#host.settings, warn);
    const shared = { root: this.#root, host: this.#host, synchronize: this.#host.settings.synchronize, warn };
    const provenance = provenanceFor(this.#order.image, detailsOfPull({ ...from, url: this.#order.url }));
    const naming = { name, imageClass, force, readOnly };
    return tellInstalled(installImage({ ...shared, ...naming, temporary, sidecars, provenance }));
  }
}

/**
 * Unpacks what comes from the fetch process, or from the decode process where fetch says so, and, with the daemon's permission,
 * gives it its names.
 *
 * @throws Failure Corrupt when it is damaged or hostile, or a kept copy changes meanwhile
 * @throws Failure UnsupportedFormat when it is not what it should be, cannot be converted, or is larger than may be
 * @throws Failure MetadataLost when something is lost, and the order is strict
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be written
 * @throws Failure ImageExists, ImageBusy, InvalidName when it cannot get its name
 * @throws Failure WorkerFailed when another process ends too early, or sends or vouches for what was not asked for
 * @throws Failure ServiceStopping when the program was updated before a conversion
 */
export function placePull(order: PullPlacementOrder, host: ImageHost, frames: FrameReader, decoded: FrameReader): void {
  const { image } = order;
  using root = ImageRoot.open(image.imageRoot, { create: true });
  using disk = new DownloadedDisk(order, root);
  using received = new Received(disk, order.sidecars);
  received.receive(frames, decoded, { root, order: image, host, subject });
  tell({ type: 'received', bytes: frames.received, decodedBytes: decoded.received });
  const permission = waitForPermission('installPull');
  // Without permission nothing is installed: disposal removes what was received.
  if (permission === undefined) return;
  const { outcome } = permission;
  received.checkOutcome(outcome);
  tell({ type: 'placed', outcome: new PlacedPull(order, host, root, received).install(outcome) });
}
