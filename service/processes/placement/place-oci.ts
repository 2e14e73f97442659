import { writeSync } from 'node:fs';
import type { LossKind } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { lossKindValues } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { LossCounter, type Losses } from '../../formats/metadata/losses.js';
import { installImage } from '../../images/install/install.js';
import { countUsage } from '../../images/install/quota.js';
import type { InstallRequest } from '../../images/install/request.js';
import { createTemporaryFile, type Temporary } from '../../images/install/temporary.js';
import { applyLayers, OpenLayers } from '../../images/layers/apply.js';
import type { LayerRecord } from '../../images/layers/record.js';
import { makeStack } from '../../images/layers/stack.js';
import type { ImageHost } from '../../images/layout/host.js';
import type { InstalledSuffix } from '../../images/layout/pristine-names.js';
import { ImageRoot } from '../../images/layout/root.js';
import { log, tell } from '../ipc/channel.js';
import type { OciPlacementOrder } from '../ipc/messages.js';
import { ProgressReport } from '../ipc/progress.js';
import { provenanceFor } from './placed-provenance.js';
import { tellInstalled } from './tell-installed.js';
import { moreOf, tellLosses } from './tell-losses.js';
import { tellMissingSystem } from './tell-system.js';

const warn = (message: string): void => log('warning', message);

/** What could not be stored when the layers were unpacked: their image lacks it too. */
function lossesOf(records: readonly LayerRecord[]): Losses {
  const countOf = (kind: LossKind): number => records.reduce((sum, { losses }) => sum + (losses[kind] ?? 0), 0);
  const kinds = lossKindValues.map((kind) => ({ kind, count: countOf(kind), examples: [] }));
  const entries = records.reduce((sum, { lossCount }) => sum + lossCount, 0);
  return { entries, kinds: kinds.filter(({ count }) => count > 0) };
}

/** What comes beside the image: texts, where there are any. */
class Sidecars implements Disposable {
  readonly files = new Map<InstalledSuffix, Temporary>();

  constructor(root: ImageRoot, { settings, config }: OciPlacementOrder) {
    try {
      if (settings !== undefined) this.files.set('.nspawn', textFile(root, 'nspawn', settings));
      if (config !== undefined) this.files.set('.oci-config', textFile(root, 'config', config));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.files.values()) file[Symbol.dispose]();
  }
}

/** Environment variables of an image may be secrets. */
function textFile(root: ImageRoot, tag: string, text: string): Temporary {
  const temporary = createTemporaryFile(root, tag, 0o640);
  const bytes = Buffer.from(text);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(temporary.descriptor, bytes, done);
    return temporary;
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

function makeImage(root: ImageRoot, layers: OpenLayers, order: OciPlacementOrder, host: ImageHost): Made {
  const before = lossesOf(layers.records);
  const { strict, sizeMax } = order.image;
  tellLosses(before, strict);
  const losses = new LossCounter(root.descriptor);
  const sizes = layers.order.map((digest) => layers.get(digest).record.dataBytes);
  const report = new ProgressReport(sizes.reduce((sum, size) => sum + size, 0));
  const { subvolumes, synchronize } = host.settings;
  const onBytes = (bytes: number): void => report.advance(bytes);
  const options = { subvolumes, synchronize, losses, sizeMax, onBytes };
  const { readOnly } = order.image;
  const temporary =
    order.layout === 'mstack' ? makeStack(root, layers, { ...options, readOnly }) : applyLayers(root, layers, options);
  // A second word on what is known already would say nothing more.
  if (losses.losses.entries > before.entries) tellLosses(losses.losses, strict);
  return { temporary, losses: moreOf(before, losses.losses) };
}

interface Made {
  readonly temporary: Temporary;
  readonly losses: Losses;
}

function provenanceOf({
  image,
  url,
  manifestDigest,
  verification,
  signedBy,
}: OciPlacementOrder): InstallRequest['provenance'] {
  const [algorithm, hash] = manifestDigest?.split(':') ?? [];
  return provenanceFor(image, {
    operation: url === undefined ? 'import' : 'pull',
    url,
    sha256: algorithm === 'sha256' ? hash : undefined,
    sha512: algorithm === 'sha512' ? hash : undefined,
    verification,
    signedBy,
    verifiedAt: verification === undefined ? undefined : Date.now() * 1000,
  });
}

/**
 * Makes an image of layers that are there, and gives it its name.
 *
 * @throws Failure Corrupt when a layer is missing or does not go with those below it
 * @throws Failure UnsupportedFormat when they have more data than may be
 * @throws Failure MetadataLost when something is lost, and the order is strict
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be written
 * @throws Failure ImageExists, ImageBusy, InvalidName when it cannot get its name
 */
export function placeOci(order: OciPlacementOrder, host: ImageHost): void {
  const { image, layers: digests } = order;
  const { name, class: imageClass, force, readOnly } = image;
  if (name === undefined) throw new Error('an image without a name cannot be placed');
  using root = ImageRoot.open(image.imageRoot, { create: true });
  using layers = new OpenLayers(root, digests);
  tell({ type: 'phase', phase: 'copying' });
  const { temporary, losses } = makeImage(root, layers, order, host);
  using _image = temporary;
  using sidecars = new Sidecars(root, order);
  tell({ type: 'phase', phase: 'installing' });
  const { settings } = host;
  if (order.layout === 'tree') {
    tellMissingSystem(temporary.descriptor, image);
    countUsage(root, temporary.descriptor, settings, warn);
  }
  const naming = { name, imageClass, force, readOnly };
  const place = { root, host, synchronize: settings.synchronize, warn };
  const provenance = provenanceOf(order);
  const suffix = order.layout === 'mstack' ? { suffix: '.mstack' } : {};
  const installed = installImage({ ...place, ...naming, ...suffix, temporary, sidecars: sidecars.files, provenance });
  const path = tellInstalled(installed);
  tell({ type: 'placed', outcome: { path, pristinePath: undefined, lossCount: losses.entries, losses: losses.kinds } });
}
