import { type Log, priorities } from '../../common/log/log.js';
import { escapeText } from '../../varlink/text.js';
import type { WorkerMessage } from '../processes/ipc/messages.js';
import type { WorkerObserver } from './supervisor/supervisor.js';
import type { Transfer } from './transfer.js';

/** Turns what the processes of a transfer say into its progress and log. */
export function observe(transfer: Transfer, log: Log): WorkerObserver {
  const context = `transfer ${transfer.subject.id}`;
  return { onOutput: outputLog(log, context), onMessage: (message) => apply(message, transfer, log, context) };
}

/** Passes on to the log what processes write on their standard error. */
export function outputLog(log: Log, context: string): WorkerObserver['onOutput'] {
  return (name, text) => log.bug(text, `${context}: the ${name} process says`);
}

function apply(message: WorkerMessage, transfer: Transfer, log: Log, context: string): void {
  switch (message.type) {
    case 'log':
      transfer.say(message.priority, escapeText(message.message));
      break;
    case 'moved':
      tellIgnored(transfer, message.outcome.ignoredBytes);
      break;
    case 'replaced':
      transfer.replaced = true;
      break;
    case 'phase':
      transfer.enter(message.phase);
      break;
    case 'progress':
      transfer.advance(message.bytesDone, message.bytesTotal);
      break;
    case 'bug':
      log.bug(message.stack, context);
      break;
  }
}

function tellIgnored(transfer: Transfer, bytes = 0): void {
  if (bytes > 0) transfer.say(priorities.notice, `${bytes} bytes after the end of the compressed data were ignored`);
}
