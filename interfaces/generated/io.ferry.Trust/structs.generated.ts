// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';
import type { KeyScheme, Severity, Verification } from './enums.generated.js';

/** A key, or a certificate. */
export type Key = {
  /** What signatures it makes */
  scheme: KeyScheme;
  /** As the programs of the scheme show it */
  fingerprint: string;
  /** The user ID or comment, with control characters escaped; empty for a key without one */
  user: string;
  /** Until when signatures by it count, in microseconds since 1970; null if for ever */
  usableUntil?: Integer | null;
  /** Why no signature by it counts now; null if they count */
  problem?: string | null;
  /** The file that holds it, with the number of the line for a key in a trust entry */
  keyring: string;
};

/** A trust entry: a section of a file. */
export type Entry = {
  /** That of its file without .conf */
  name: string;
  /** The path of its file */
  path: string;
  /** The line where it begins */
  line: Integer;
  /** What it covers: prefixes of URLs, and patterns of hosts */
  urls: string[];
  /** For people */
  description?: string | null;
  /** The least that a pull must reach; null if the caller may choose */
  verify?: Verification | null;
  /** How many different keys must have signed */
  requireSigners: Integer;
  /** Which keys count; all of the keyrings if empty */
  fingerprints: string[];
  /** Paths of keyrings, and keys as they are in the entry; empty if the general keyrings count */
  keyrings: string[];
  /** Checksum files to look for, beside the usual ones */
  checksumFiles: string[];
  /** What is wrong with it; a pull that it may cover is refused then */
  problem?: string | null;
};

/** Something about a trust entry that needs attention. */
export type Finding = {
  /** How bad it is */
  severity: Severity;
  /** The file */
  path: string;
  /** The line, counted from 1; null for a keyring */
  line?: Integer | null;
  /** What it is, for people */
  message: string;
};
