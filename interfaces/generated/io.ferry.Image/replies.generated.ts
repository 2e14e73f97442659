// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CountProgress, HistoryEvent, Image, ImageCheck, ImageDetails, Leftover, UsageEntry, VerifyProgress } from './structs.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';
import type { Verdict } from './enums.generated.js';

/** The reply to List(). */
export type ListReply = {
  /** The images; those that follow the ones of earlier replies */
  images: Image[];
};

/** The reply to Remove(). */
export type RemoveReply = Record<never, never>;

/** The reply to Rename(). */
export type RenameReply = Record<never, never>;

/** The reply to Clone(). */
export type CloneReply = Record<never, never>;

/** The reply to SetReadOnly(). */
export type SetReadOnlyReply = Record<never, never>;

/** The reply to Clean(). */
export type CleanReply = {
  /** What was removed, or would be */
  leftovers: Leftover[];
};

/** The reply to Verify(). */
export type VerifyReply = {
  /** What all checks have shown: bad if any is, good if anything but the record is good, else unknown; null in replies before the last */
  verdict?: Verdict | null;
  /** The checks; null in replies before the last */
  checks?: ImageCheck[] | null;
  /** How far it has come; null in the last reply */
  progress?: VerifyProgress | null;
};

/** The reply to Show(). */
export type ShowReply = {
  /** What is known of each, sorted by class; null in replies before the last */
  images?: ImageDetails[] | null;
  /** How far a count has come; null in the last reply, and in the first one */
  progress?: CountProgress | null;
};

/** The reply to DiskUsage(). */
export type DiskUsageReply = {
  /** The sums, by class and kind, without those of which there is nothing; null in replies before the last */
  entries?: UsageEntry[] | null;
  /** How far the count has come; null in the last reply */
  progress?: CountProgress | null;
};

/** The reply to History(). */
export type HistoryReply = {
  /** What was done; of more than 10,000 events, or more than fit into a message, the newest */
  events: HistoryEvent[];
  /** How many records cannot be read and were left out */
  skipped: Integer;
};
