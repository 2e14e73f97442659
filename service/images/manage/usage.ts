import { statSync } from 'node:fs';
import type { KindUsage, UsageKind } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { CountHelper } from '../details/count-helper.js';
import type { OnCount } from '../details/tree-usage.js';
import { failOn } from '../install/file-system-failure.js';
import { isTemporaryName } from '../install/holder.js';
import { parseLayerName } from '../layers/kept-layers.js';
import { stacksByLayer } from '../layers/links.js';
import type { ImageOwner } from '../layout/host.js';
import { sidecarSuffixes } from '../layout/pristine-names.js';
import { ImageRoot } from '../layout/root.js';
import { isPartialName } from '../pristine/partial.js';
import { type EntryUsage, usageOfEntry } from './entry-usage.js';

/** What a name in an image directory stands for; undefined for locks and the like. */
function kindOf(name: string): UsageKind | undefined {
  if (isTemporaryName(name)) return 'temporary';
  if (isPartialName(name)) return 'partial';
  if (/^\.(?:raw|tar)-/.test(name)) return 'pristine';
  if (parseLayerName(name) !== undefined) return 'layer';
  return name.startsWith('.') ? undefined : 'image';
}

/** Whether a file belongs to another one, and does not count by itself. */
function isCompanion(name: string): boolean {
  return [...sidecarSuffixes, '.oci-config', '.proofs', '.layer'].some((suffix) => name.endsWith(suffix));
}

/** Whether cleaning could remove something: all but images, and layers that images consist of. */
function isReclaimable(kind: UsageKind, name: string, stacks: ReadonlyMap<string, unknown>): boolean {
  const digest = kind === 'layer' ? parseLayerName(name)?.digest : undefined;
  return kind !== 'image' && (digest === undefined || !stacks.has(digest));
}

/** The sums of image directories, by kind. */
class UsageSums {
  readonly kinds = new Map<UsageKind, KindUsage>();
  readonly #onCount: OnCount;
  readonly #helper: CountHelper | undefined;
  #files = 0;
  #allocated = 0;

  constructor(onCount: OnCount, helper: CountHelper | undefined) {
    this.#onCount = onCount;
    this.#helper = helper;
  }

  addDirectory(root: ImageRoot, owner: ImageOwner): void {
    const names = root.names();
    const isLayer = (name: string) => kindOf(name) === 'layer';
    const stacks = names.some(isLayer) ? failOn(root.path, () => stacksByLayer(owner, root.path)) : new Map();
    for (const name of names) {
      const kind = kindOf(name);
      if (kind !== undefined) this.#addEntry(root, name, kind, isReclaimable(kind, name, stacks));
    }
  }

  #addEntry(root: ImageRoot, name: string, kind: UsageKind, reclaimable: boolean): void {
    const usage = failOn(root.pathOf(name), () => usageOfEntry(root, name, (count) => this.#tell(count), this.#helper));
    if (usage === undefined) return;
    const bytes = usage.allocated;
    const known = this.kinds.get(kind) ?? { kind, count: 0, bytes: 0, reclaimable: 0 };
    this.kinds.set(kind, {
      kind,
      count: known.count + (isCompanion(name) ? 0 : 1),
      bytes: known.bytes + bytes,
      reclaimable: known.reclaimable + (reclaimable ? bytes : 0),
    });
    this.#files += usage.files;
    this.#allocated += bytes;
    this.#tell({ files: 0, allocated: 0 });
  }

  /** What is counted of the entry that comes next is added to those before. */
  #tell({ files, allocated }: EntryUsage): void {
    this.#onCount({ files: this.#files + files, allocated: this.#allocated + allocated });
  }
}

/**
 * Adds up what is in image directories, by kind. Links are not followed, and directories that are not there hold nothing.
 *
 * @param helper the thread that counts a part of large trees
 * @throws Failure FileSystemError when something cannot be read
 */
export function countUsage(
  directories: readonly string[],
  owner: ImageOwner,
  onCount: OnCount = () => undefined,
  helper?: CountHelper,
): KindUsage[] {
  const sums = new UsageSums(onCount, helper);
  for (const directory of new Set(directories)) {
    if (!failOn(directory, () => statSync(directory, { throwIfNoEntry: false })?.isDirectory())) continue;
    using root = ImageRoot.open(directory);
    sums.addDirectory(root, owner);
  }
  return [...sums.kinds.values()];
}
