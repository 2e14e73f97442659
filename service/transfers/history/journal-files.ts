import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../../common/image-classes.js';

/** Where journald keeps its files (systemd-journald.service(8)). Other places in tests. */
export interface JournalPlaces {
  readonly machineId: string;
  /** For what outlives a boot. */
  readonly persistent: string;
  /** For the rest. */
  readonly volatile: string;
}

const systemPlaces: JournalPlaces = {
  machineId: '/etc/machine-id',
  persistent: '/var/log/journal',
  volatile: '/run/log/journal',
};

/** Whose entries are looked for: those of the system's service are in the system's file, those of a user's in that user's. */
export interface JournalOwner {
  readonly scope: Scope;
  readonly uid: number;
}

function fileIn(directory: string, { scope, uid }: JournalOwner, { machineId }: JournalPlaces): string | undefined {
  try {
    const machine = readFileSync(machineId, 'utf8').trim();
    return join(directory, machine, scope === 'system' ? 'system.journal' : `user-${uid}.journal`);
  } catch {
    return undefined;
  }
}

/**
 * Whether what goes to the journal can be read there by this process, after a boot as well. journald keeps it in memory, or nowhere, where it is
 * told so (Storage= in journald.conf(5)), and then gives no file to users; nor do users below 1000 get one.
 */
export function keepsEvents(owner: JournalOwner, places: JournalPlaces = systemPlaces): boolean {
  const path = fileIn(places.persistent, owner, places);
  if (path === undefined) return false;
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is a file that may have events, readable or not. */
export function mayHaveEvents(owner: JournalOwner, places: JournalPlaces = systemPlaces): boolean {
  return [places.persistent, places.volatile].some((directory) => {
    const path = fileIn(directory, owner, places);
    return path !== undefined && existsSync(path);
  });
}
