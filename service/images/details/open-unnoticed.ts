import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';

/**
 * Opens something whose time of access stays as it is, where that is allowed: setting it changes a subvolume.
 *
 * @param open gets a flag of open(2)
 */
export function openUnnoticed(open: (flag: number) => number): number {
  try {
    return open(constants.O_NOATIME);
  } catch (error) {
    // Only for the owner of a file, and for root.
    if (!hasCode(error, 'EPERM')) throw error;
    return open(0);
  }
}
