// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CleanParameters, CloneParameters, DiskUsageParameters, HistoryParameters, ListParameters, RemoveParameters, RenameParameters, SetReadOnlyParameters, ShowParameters, VerifyParameters } from './parameters.generated.js';
import type { CleanReply, CloneReply, DiskUsageReply, HistoryReply, ListReply, RemoveReply, RenameReply, SetReadOnlyReply, ShowReply, VerifyReply } from './replies.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';

/** What a service that implements io.ferry.Image has to provide: a function for each method. */
export interface ImageHandlers {
  /**
   * Lists images, sorted by class and name. Free for everyone. With 'more', they come in several replies, each with the next of them, as
   * many as there are; otherwise in one, which many thousands do not fit into.
   */
  List(call: ServerCall<ListParameters, ListReply>): Promise<void>;
  /** Removes an image, with what belongs to it. */
  Remove(call: ServerCall<RemoveParameters, RemoveReply>): Promise<void>;
  /** Gives an image, with what belongs to it, another name. */
  Rename(call: ServerCall<RenameParameters, RenameReply>): Promise<void>;
  /** Makes a copy of an image, with what belongs to it: a snapshot or reflink where the file system has them. */
  Clone(call: ServerCall<CloneParameters, CloneReply>): Promise<void>;
  /** Makes an image read-only, or writable. */
  SetReadOnly(call: ServerCall<SetReadOnlyParameters, SetReadOnlyReply>): Promise<void>;
  /**
   * Removes pristine downloads, with their sidecars and proofs, layers that no image consists of, and what ended transfers left: all that is not
   * in use, or with olderThan, keep and unused only what each of them lets go. Images stay in any case.
   */
  Clean(call: ServerCall<CleanParameters, CleanReply>): Promise<void>;
  /**
   * Verifies an image, or a pristine download that is named directly: the pristine download, what proves it, and the image are each held
   * against what was recorded when the download came. Nothing is changed, and the image is not downloaded.
   * "online" needs the rights of a pull as well. Hanging up ends it.
   */
  Verify(call: ServerCall<VerifyParameters, VerifyReply>): Promise<void>;
  /**
   * Tells everything that is known of an image, and of each if several classes have one of that name. The size of a tree is counted by
   * the first call, and kept. Free for everyone.
   */
  Show(call: ServerCall<ShowParameters, ShowReply>): Promise<void>;
  /**
   * Adds up the disk space that images, pristine downloads and leftovers of transfers take. Free for everyone.
   * Hanging up ends it.
   */
  DiskUsage(call: ServerCall<DiskUsageParameters, DiskUsageReply>): Promise<void>;
  /** Tells what was done to images, newest last. Free for everyone: root is told all, others what they caused themselves. */
  History(call: ServerCall<HistoryParameters, HistoryReply>): Promise<void>;
}
