import type { LayerContents } from '../../formats/tar/unpack/layer-notes.js';
import { isLayerDigest } from '../../images/layers/names.js';
import { placeLayerTree } from '../../images/layers/place.js';
import type { ImageHost } from '../../images/layout/host.js';
import { ImageRoot } from '../../images/layout/root.js';
import { log, tell } from '../ipc/channel.js';
import type { FrameReader } from '../ipc/frames.js';
import type { LayerPlacementOrder, NewImage } from '../ipc/messages.js';
import { waitForPermission } from '../ipc/orders.js';
import { DownloadedDisk } from './downloaded-disk.js';
import { Received, vouchesForOthers } from './received.js';
import type { Unpacked } from './unpack.js';

/** A layer is a tree that no image has for its own. */
function asImage({ imageRoot, sizeMax, strict, scope }: LayerPlacementOrder): NewImage {
  const where = { class: 'machine', imageRoot, name: undefined, scope } as const;
  const how = { force: false, readOnly: true, sizeMax, strict, convertCommand: [], provenance: undefined };
  return { format: 'tar', ...where, ...how };
}

/**
 * Unpacks a layer that comes from the fetch process, or from the decode process where fetch says so, and, with the daemon's permission,
 * keeps it under the name of its digest.
 *
 * @throws Failure Corrupt when it is damaged or hostile
 * @throws Failure UnsupportedFormat when it is not an archive, or larger than may be
 * @throws Failure MetadataLost when something is lost, and the order is strict
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be written
 * @throws Failure ImageBusy when somebody else keeps it at the same time
 * @throws Failure WorkerFailed when another process ends too early, or sends or vouches for what was not asked for
 */
export function placeLayer(
  order: LayerPlacementOrder,
  host: ImageHost,
  frames: FrameReader,
  decoded: FrameReader,
): void {
  const { digest, diffId } = order;
  if (!isLayerDigest(digest)) throw new TypeError(`'${digest}' is not the digest of a layer`);
  const image = asImage(order);
  using root = ImageRoot.open(order.imageRoot, { create: true });
  using disk = new DownloadedDisk({ image, url: '', resumable: false, partial: undefined }, root);
  using received = new Received(disk);
  const layer = order.scope === 'system' ? 'trusted' : 'user';
  const settings = { ...host.settings, subvolumes: host.settings.subvolumes && order.subvolume };
  received.receive(frames, decoded, {
    root,
    order: image,
    host: { ...host, settings },
    subject: `layer ${digest}`,
    layer,
  });
  tell({ type: 'received', bytes: frames.received, decodedBytes: decoded.received });
  const permission = waitForPermission('installPull');
  // Without permission nothing is kept: disposal removes what was received.
  if (permission === undefined) return;
  received.checkOutcome(permission.outcome);
  const { temporary, contents, dataBytes = 0, losses } = unpackedOf(received);
  tell({ type: 'phase', phase: 'installing' });
  const warn = (message: string): void => log('warning', message);
  const pristinePath = placeLayerTree({ root, host, temporary, digest, diffId, contents, dataBytes, losses, warn });
  const told = { lossCount: losses.entries, losses: losses.kinds };
  tell({ type: 'placed', outcome: { path: undefined, pristinePath, ...told } });
}

function unpackedOf({ image }: Received): Unpacked & { contents: LayerContents } {
  if (image?.contents !== undefined) return { ...image, contents: image.contents };
  throw vouchesForOthers();
}
