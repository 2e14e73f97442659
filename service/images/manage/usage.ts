import { statSync } from 'node:fs';
import type { KindUsage, UsageKind } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { hasCode } from '../../../linux/errno.js';
import { failOn } from '../install/file-system-failure.js';
import { isTemporaryName } from '../install/holder.js';
import { parseLayerName } from '../layers/kept-layers.js';
import { stacksByLayer } from '../layers/links.js';
import type { ImageOwner } from '../layout/host.js';
import { sidecarSuffixes } from '../layout/pristine-names.js';
import { ImageRoot } from '../layout/root.js';
import { isPartialName } from '../pristine/partial.js';
import { allocatedBytes } from './remove-tree.js';

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

/** Undefined for what has gone meanwhile. */
function bytesOf(root: ImageRoot, name: string): number | undefined {
  try {
    return allocatedBytes(root.descriptor, name);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** Whether cleaning could remove something: all but images, and layers that images consist of. */
function isReclaimable(kind: UsageKind, name: string, stacks: ReadonlyMap<string, unknown>): boolean {
  const digest = kind === 'layer' ? parseLayerName(name)?.digest : undefined;
  return kind !== 'image' && (digest === undefined || !stacks.has(digest));
}

function countIn(root: ImageRoot, owner: ImageOwner, kinds: Map<UsageKind, KindUsage>): void {
  const names = root.names();
  const isLayer = (name: string) => kindOf(name) === 'layer';
  const stacks = names.some(isLayer) ? failOn(root.path, () => stacksByLayer(owner, root.path)) : new Map();
  for (const name of names) {
    const kind = kindOf(name);
    if (kind === undefined) continue;
    const bytes = failOn(root.pathOf(name), () => bytesOf(root, name));
    if (bytes === undefined) continue;
    const known = kinds.get(kind) ?? { kind, count: 0, bytes: 0, reclaimable: 0 };
    const count = known.count + (isCompanion(name) ? 0 : 1);
    const reclaimable = known.reclaimable + (isReclaimable(kind, name, stacks) ? bytes : 0);
    kinds.set(kind, { kind, count, bytes: known.bytes + bytes, reclaimable });
  }
}

/**
 * Adds up what is in image directories, by kind. Links are not followed, and directories that are not there hold nothing.
 *
 * @throws Failure FileSystemError when something cannot be read
 */
export function countUsage(directories: readonly string[], owner: ImageOwner): KindUsage[] {
  const kinds = new Map<UsageKind, KindUsage>();
  for (const directory of new Set(directories)) {
    if (!failOn(directory, () => statSync(directory, { throwIfNoEntry: false })?.isDirectory())) continue;
    using root = ImageRoot.open(directory);
    countIn(root, owner, kinds);
  }
  return [...kinds.values()];
}
