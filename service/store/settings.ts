import type { Environment } from './classes.js';

const words: Record<string, boolean> = {};
for (const word of ['1', 'yes', 'y', 'true', 't', 'on']) words[word] = true;
for (const word of ['0', 'no', 'n', 'false', 'f', 'off']) words[word] = false;

/** A boolean environment variable in systemd's spellings; `fallback` where it is unset or says something else. */
export function booleanSetting(environment: Environment, name: string, fallback: boolean): boolean {
  return words[environment[name]?.toLowerCase() ?? ''] ?? fallback;
}

/** Whether images are written through to the disk before they get their name (SYSTEMD_IMPORT_SYNC). */
export function wantsSynchronization(environment: Environment): boolean {
  return booleanSetting(environment, 'SYSTEMD_IMPORT_SYNC', true);
}

/** Whether trees on btrfs become subvolumes (SYSTEMD_IMPORT_BTRFS_SUBVOL). */
export function wantsSubvolumes(environment: Environment): boolean {
  return booleanSetting(environment, 'SYSTEMD_IMPORT_BTRFS_SUBVOL', true);
}
