// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { AddParameters, CheckParameters, ListParameters, ShowParameters } from './parameters.generated.js';
import type { AddReply, CheckReply, ListReply, ShowReply } from './replies.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';

/** What a service that implements io.ferry.Trust has to provide: a function for each method. */
export interface TrustHandlers {
  /** Lists the trust entries, in the order of their directories and files. */
  List(call: ServerCall<ListParameters, ListReply>): Promise<void>;
  /** Says who is trusted for a URL. */
  Show(call: ServerCall<ShowParameters, ShowReply>): Promise<void>;
  /**
   * Looks for faults: settings that make no sense, files that are missing, keys that have expired or do so within 30 days, and entries that
   * cover the same.
   */
  Check(call: ServerCall<CheckParameters, CheckReply>): Promise<void>;
  /** Trusts the keys of a keyring for some URLs, and for no others: writes a trust entry, and the keyring beside it. */
  Add(call: ServerCall<AddParameters, AddReply>): Promise<void>;
}
