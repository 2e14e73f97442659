const words = new Map([
  ...['1', 'yes', 'y', 'true', 't', 'on'].map((word) => [word, true] as const),
  ...['0', 'no', 'n', 'false', 'f', 'off'].map((word) => [word, false] as const),
]);

/** Reads a boolean in systemd's spellings; undefined if the text is none. */
export function readBoolean(text: string): boolean | undefined {
  return words.get(text.toLowerCase());
}

/** A boolean environment variable in systemd's spellings; `fallback` where it is unset or says something else. */
export function booleanSetting(environment: Environment, name: string, fallback: boolean): boolean {
  return readBoolean(environment[name] ?? '') ?? fallback;
}

/** Whether images are written through to the disk before they get their name (SYSTEMD_IMPORT_SYNC). */
export function wantsSynchronization(environment: Environment): boolean {
  return booleanSetting(environment, 'SYSTEMD_IMPORT_SYNC', true);
}

/** Whether trees on btrfs become subvolumes (SYSTEMD_IMPORT_BTRFS_SUBVOL). */
export function wantsSubvolumes(environment: Environment): boolean {
  return booleanSetting(environment, 'SYSTEMD_IMPORT_BTRFS_SUBVOL', true);
}

/** Environment variables, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;
