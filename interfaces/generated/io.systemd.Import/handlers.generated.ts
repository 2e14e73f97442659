// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { ListTransfersParameters, PullParameters } from './parameters.generated.js';
import type { ListTransfersReply, PullReply } from './replies.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';

/** What a service that implements io.systemd.Import has to provide: a function for each method. */
export interface ImportHandlers {
  /** Lists the transfers that have not ended, one a reply */
  ListTransfers(call: ServerCall<ListTransfersParameters, ListTransfersReply>): Promise<void>;
  /**
   * Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
   * without it the identifier is given at once and the download runs on.
   */
  Pull(call: ServerCall<PullParameters, PullReply>): Promise<void>;
}
