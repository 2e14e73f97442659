import type { Log } from '../daemon/log.js';
import { escapeText } from '../escape.js';
import type { WorkerMessage } from '../worker/messages.js';
import type { Transfer } from './transfer.js';

/** Turns what the processes of a transfer say into its progress and log. */
export function observe(transfer: Transfer, log: Log): (message: WorkerMessage) => void {
  return (message) => {
    switch (message.type) {
      case 'log':
        transfer.say(message.priority, escapeText(message.message));
        break;
      case 'phase':
        transfer.enter(message.phase);
        break;
      case 'progress':
        transfer.advance(message.bytesDone, message.bytesTotal);
        break;
      case 'bug':
        log.bug(message.stack, `transfer ${transfer.subject.id}`);
        break;
    }
  };
}
