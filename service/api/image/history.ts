import type { HistoryParameters, HistoryReply } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { serviceErrors } from '../../../varlink/error.js';
import { arrayOfPrinted, printJson } from '../../../varlink/json.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import type { HistoryEvent } from '../../transfers/history/event.js';
import type { Host } from '../../transfers/host.js';
import { isTrusted } from '../authorize.js';
import { onWire } from '../on-wire.js';
import { positive } from '../pull-request.js';
import type { PreparedCall } from '../serve.js';
import { UserQueues } from '../user-queues.js';

/** UTF-16 code units of all events in a reply, each of which takes three bytes at most: a message has 16 MiB. */
const textMax = 5 * 1024 * 1024;

/** It takes a child process: each user has one at a time. */
const readings = new UserQueues(1, 64);

/** @throws VarlinkError InvalidParameter when it is before 1970 */
function timeOf(microseconds: number | bigint | null | undefined, parameter: string): number | undefined {
  if (microseconds == null) return undefined;
  if (microseconds < 0) throw serviceErrors.invalidParameter(parameter);
  return Math.min(Number(microseconds), Number.MAX_SAFE_INTEGER);
}

/** As many of the newest as fit. */
function printNewest(events: readonly HistoryEvent[]): string[] {
  const printed: string[] = [];
  let length = 0;
  for (const event of events.toReversed()) {
    const text = printJson(onWire(event));
    length += text.length;
    if (length > textMax) break;
    printed.push(text);
  }
  return printed.reverse();
}

/** What was done to images, as far as the caller may know. */
export function prepareHistory(host: Host, call: ServerCall<HistoryParameters, HistoryReply>): PreparedCall {
  const { class: imageClass, name, since, until, limit } = call.parameters;
  const query = {
    class: imageClass ?? undefined,
    name: name ?? undefined,
    since: timeOf(since, 'since'),
    until: timeOf(until, 'until'),
    limit: positive(limit, 'limit'),
    uid: isTrusted(call.peer) ? undefined : call.peer.uid,
    signal: call.closed,
  };
  const answer = async () => {
    const { events, skipped } = await host.history.find(query);
    call.reply({ events: arrayOfPrinted(printNewest(events)), skipped: isTrusted(call.peer) ? skipped : 0 });
  };
  return { run: () => readings.run(call, answer) };
}
