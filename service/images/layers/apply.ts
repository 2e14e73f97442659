import { Failure } from '../../../common/failure.js';
import { lockFile } from '../../../linux/locks.js';
import type { LossKeeper } from '../../formats/metadata/losses.js';
import { copyImage } from '../copy/copy.js';
import { copyTree } from '../copy/copy-tree.js';
import { DataLimit } from '../install/data-limit.js';
import { failOn } from '../install/file-system-failure.js';
import { isStillThere } from '../install/holder.js';
import { attemptsMax, pauseMs, sleep } from '../install/locks.js';
import { createTemporaryTree, type Temporary } from '../install/temporary.js';
import { Writeback } from '../install/writeback.js';
import type { ImageRoot } from '../layout/root.js';
import { MergedLayer } from './merged-layer.js';
import { layerName } from './names.js';
import { isPlain, type Layer, type LayerRecord, openLayer } from './record.js';

export interface ApplyOptions {
  /** Whether trees on btrfs become subvolumes, by a snapshot of the lowest layer. */
  readonly subvolumes: boolean;
  /** Whether the tree will have to be on the disk at its end: then writing begins early. */
  readonly synchronize: boolean;
  readonly losses: LossKeeper;
  /** Most bytes of data that the layers may have together. */
  readonly sizeMax: number;
  /** Told how far it is: bytes of data of layers that are in the tree. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Layers that are open, and locked against those who would remove them. Each is there once, however often it is named.
 * Disposal closes them.
 */
export class OpenLayers implements Disposable {
  readonly #layers = new Map<string, Layer>();
  /** The lowest one first. */
  readonly order: readonly string[];

  /**
   * @throws Failure Corrupt where one is missing, ImageBusy where one is being removed, FileSystemError
   */
  constructor(root: ImageRoot, digests: readonly string[]) {
    this.order = digests;
    try {
      for (const digest of digests) if (!this.#layers.has(digest)) this.#layers.set(digest, openLocked(root, digest));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get(digest: string): Layer {
    const layer = this.#layers.get(digest);
    if (layer === undefined) throw new Error(`layer ${digest} is not open`);
    return layer;
  }

  /** What is known of them, each once. */
  get records(): LayerRecord[] {
    return [...this.#layers.values()].map(({ record }) => record);
  }

  [Symbol.dispose](): void {
    for (const layer of this.#layers.values()) layer[Symbol.dispose]();
  }
}

/** Who places a layer has it locked for a moment longer, and so has who removes one. */
function openLocked(root: ImageRoot, digest: string): Layer {
  for (let attempts = 1; ; attempts++) {
    const layer = openPresent(root, digest);
    if (lockFile(layer.descriptor, 'shared') && isStillThere(root, layerName(digest), layer.descriptor)) return layer;
    layer[Symbol.dispose]();
    if (attempts === attemptsMax) throw beingRemoved(digest);
    sleep(pauseMs);
  }
}

function openPresent(root: ImageRoot, digest: string): Layer {
  const path = root.pathOf(layerName(digest));
  const layer = failOn(path, () => openLayer(root, digest));
  if (layer === undefined) {
    const what = `layer ${digest}`;
    throw new Failure('Corrupt', `Cannot make the image: ${what} is missing; pull the image again`, {
      what,
      offset: undefined,
    });
  }
  return layer;
}

function beingRemoved(digest: string): Failure {
  return new Failure('ImageBusy', `Cannot make the image: layer ${digest} is being removed; pull the image again`, {
    name: layerName(digest),
  });
}

/**
 * Makes one tree of layers, under a temporary name: a snapshot of the lowest layer, or a copy that shares blocks where the file system
 * can, and the others laid over it one after the other.
 *
 * @throws Failure Corrupt when a layer adds names to files that the layers below do not have, UnsupportedFormat beyond `sizeMax`,
 * InsufficientSpace, FileSystemError
 */
export function applyLayers(
  root: ImageRoot,
  layers: Pick<OpenLayers, 'order' | 'get'>,
  options: ApplyOptions,
): Temporary {
  const [lowest, ...others] = layers.order.map((digest) => layers.get(digest));
  const { subvolumes, synchronize, losses, sizeMax } = options;
  const isCopied = lowest !== undefined && isPlain(lowest.record);
  const counted = isCopied ? lowest.record.dataBytes : 0;
  const temporary = isCopied
    ? copyImage(lowest.descriptor, 'tar', root, 'tar', { subvolumes, synchronize, losses, sizeMax, dataBytes: counted })
    : createTemporaryTree(root, 'tar', { subvolume: subvolumes });
  const rest = isCopied || lowest === undefined ? others : [lowest, ...others];
  try {
    failOn(temporary.path, () => lay(rest, temporary, counted, options));
    return temporary;
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

function lay(layers: readonly Layer[], temporary: Temporary, before: number, options: ApplyOptions): void {
  const limit = new DataLimit(options.sizeMax);
  limit.count(before);
  const writeback = options.synchronize ? Writeback.of(temporary) : undefined;
  let bytes = before;
  for (const { descriptor, record } of layers) {
    using over = new MergedLayer(temporary.descriptor, record);
    copyTree(descriptor, temporary.descriptor, {
      over,
      losses: options.losses,
      onEntry: (_name, status) => {
        limit.add(status);
        bytes += status.allocated;
        writeback?.reached(bytes);
        options.onBytes?.(bytes);
      },
    });
  }
}
