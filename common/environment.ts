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

/** How images are made, as the environment of a program says. */
export interface ImageSettings {
  /** Whether they are written through to the disk before they get their name (SYSTEMD_IMPORT_SYNC). */
  readonly synchronize: boolean;
  /** Whether trees on btrfs become subvolumes (SYSTEMD_IMPORT_BTRFS_SUBVOL). */
  readonly subvolumes: boolean;
  /** Whether btrfs counts their disk usage (SYSTEMD_IMPORT_BTRFS_QUOTA). */
  readonly quota: boolean;
  /** Whether systemd's locks are taken (SYSTEMD_NSPAWN_LOCK). */
  readonly locks: boolean;
}

export function readImageSettings(environment: Environment): ImageSettings {
  return {
    synchronize: booleanSetting(environment, 'SYSTEMD_IMPORT_SYNC', true),
    subvolumes: booleanSetting(environment, 'SYSTEMD_IMPORT_BTRFS_SUBVOL', true),
    quota: booleanSetting(environment, 'SYSTEMD_IMPORT_BTRFS_QUOTA', false),
    locks: booleanSetting(environment, 'SYSTEMD_NSPAWN_LOCK', true),
  };
}

/** Environment variables, as in process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;
