// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Verification } from './enums.generated.js';

/** The parameters of List(). */
export type ListParameters = Record<never, never>;

/** The parameters of Show(). */
export type ShowParameters = {
  /** The URL that would be pulled; for a container image docker:// and its reference */
  url: string;
};

/** The parameters of Check(). */
export type CheckParameters = Record<never, never>;

/** The parameters of Add(). */
export type AddParameters = {
  /** What the entry covers: a prefix of URLs, or a pattern of hosts */
  url: string;
  /** The keyring, in base64 */
  keyring: string;
  /** The name of the entry; if null it is made of the URL */
  name?: string | null;
  /** The least that a pull must reach; null to let the caller choose */
  verify?: Verification | null;
  /** Replace an entry of this name, or mask one that a package has installed */
  force?: boolean | null;
  /** Only say what would be written */
  dryRun?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};
