import { lstatSync } from 'node:fs';
import { isForeign } from '../../linux/owners/foreign-owners.js';
import type { Sandbox, TreeOwners } from '../sandbox/needs.js';

/** Whether there is a tree, and whether it belongs to the foreign UID range. */
function ownersAt(path: string): TreeOwners | undefined {
  try {
    const status = lstatSync(path);
    if (!status.isDirectory()) return undefined;
    return isForeign(status.uid) ? 'foreign' : 'subordinate';
  } catch {
    // The operation itself says what is wrong with it.
    return undefined;
  }
}

/**
 * In which sandbox something is done to trees that are there: those that were made without the foreign UID range can only be read and
 * removed as they were made. Undefined where that of new trees is right.
 */
export function ownersOf(sandbox: Sandbox, paths: readonly string[]): TreeOwners | undefined {
  if (sandbox.trees !== 'foreign') return undefined;
  const all = new Set(paths.map(ownersAt));
  return all.has('subordinate') && !all.has('foreign') ? 'subordinate' : undefined;
}
