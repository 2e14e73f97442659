import type { ServerCall } from '../../../varlink/server/call.js';

/** Tells a caller with `more` how far its call has come. One that is slow hears the next reply. */
export function tellProgress<Parameters, Reply>(call: ServerCall<Parameters, Reply>, reply: Reply): void {
  if (!call.more || call.closed.aborted || call.queuedBytes > 0) return;
  call.continues(reply);
}
