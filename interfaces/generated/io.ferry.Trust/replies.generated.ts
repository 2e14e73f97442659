// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Entry, Finding, Key } from './structs.generated.js';
import type { Verification } from './enums.generated.js';

/** The reply to List(). */
export type ListReply = {
  /** The entries */
  entries: Entry[];
};

/** The reply to Show(). */
export type ShowReply = {
  /** The entry that counts; null if none covers the URL, so that the general keyrings count */
  entry?: Entry | null;
  /** Less specific entries that cover it as well, the next best first */
  others: Entry[];
  /** Why a pull from the URL would be refused; null if it would not */
  problem?: string | null;
  /** The least that a pull must reach; null if the caller may choose */
  verify?: Verification | null;
  /** Whether keyrings that a caller gives count as well */
  acceptsKeyrings: boolean;
  /** The keys that count */
  keys: Key[];
};

/** The reply to Check(). */
export type CheckReply = {
  /** What was found; nothing if all is well */
  findings: Finding[];
};

/** The reply to Add(). */
export type AddReply = {
  /** The path of the entry */
  path: string;
  /** The path of its keyring */
  keyringPath: string;
  /** The keys that count for these URLs */
  keys: Key[];
};
