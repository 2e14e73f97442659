import type { ImageSettings } from '../../../common/environment.js';
import { isSubvolume, subvolumeInformation } from '../../../linux/btrfs.js';
import {
  assignQuotaGroup,
  createQuotaGroup,
  enableQuota,
  quotaGroupId,
  subtreeLevels,
} from '../../../linux/btrfs-quota.js';
import { hasCode } from '../../../linux/errno.js';
import type { Warn } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';

function unlessThere(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Makes the group of a subvolume and all below it. Gives back its number. */
function makeGroup(descriptor: number, level: number): bigint {
  const { id } = subvolumeInformation(descriptor);
  const group = quotaGroupId(level, id);
  unlessThere(() => createQuotaGroup(descriptor, group));
  unlessThere(() => assignQuotaGroup(descriptor, quotaGroupId(0, id), group));
  return group;
}

/**
 * Where it is asked for, and only there (quota can slow down a file system with many snapshots),
 * has an image's disk usage counted: switches quota on, and makes the groups that systemd's tools read and set limits on.
 * An image is as good without them: what goes wrong is a warning.
 */
export function countUsage(root: ImageRoot, image: number, settings: ImageSettings, warn: Warn): void {
  if (!settings.quota || !isSubvolume(image)) return;
  try {
    enableQuota(root.descriptor);
    const [upper, lower] = subtreeLevels;
    if (!isSubvolume(root.descriptor)) makeGroup(image, upper);
    else {
      const pool = makeGroup(root.descriptor, upper);
      const group = makeGroup(image, lower);
      unlessThere(() => assignQuotaGroup(image, group, pool));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`The disk usage of the image cannot be counted: ${reason}`);
  }
}
