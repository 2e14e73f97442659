import { priorities } from '../../../common/log/log.js';
import { wordFor } from '../../processes/ipc/definition.js';
import { type MessageType, readMessage } from '../../processes/ipc/message-policy.js';
import type { WorkerMessage } from '../../processes/ipc/messages.js';
import type { WorkerName } from '../../sandbox/needs.js';
import { Allowance } from './allowance.js';

/** Messages that a process may send at once, and each second: many times what an honest one does. */
const messages = { burst: 10_000, perSecond: 100 };
/** Log messages of a process that are shown: the rest are counted. */
const logLines = { burst: 200, perSecond: 2 };

/**
 * Hears what one process says, in the order and as often as a process may say it. Of progress that comes at once only the last
 * is passed on, and log messages only as many as somebody would read.
 */
export class Hearing {
  readonly #speaker: WorkerName;
  readonly #onMessage: (message: WorkerMessage) => void;
  readonly #all: Allowance;
  readonly #logLines: Allowance;
  readonly #said = new Set<MessageType>();
  #progress: WorkerMessage | undefined;
  #dropped = 0;
  #hasEnded = false;

  /** `now` gives milliseconds on a steady clock. */
  constructor(speaker: WorkerName, onMessage: (message: WorkerMessage) => void, now?: () => number) {
    this.#speaker = speaker;
    this.#onMessage = onMessage;
    this.#all = new Allowance(messages.burst, messages.perSecond, now);
    this.#logLines = new Allowance(logLines.burst, logLines.perSecond, now);
  }

  /** @throws TypeError and JsonError for what a process cannot have meant to say, RangeError when it says too much */
  hear(line: Buffer): void {
    if (!this.#all.take()) throw new RangeError(`more than ${messages.burst} messages at once`);
    const message = readMessage(this.#speaker, line);
    const { type } = message;
    if (this.#hasEnded) throw new TypeError(`'${type}' after its last message`);
    const { once, last } = wordFor(type);
    if (once && this.#said.has(type)) throw new TypeError(`'${type}' twice`);
    if (once) this.#said.add(type);
    this.#hasEnded = last;
    if (type === 'progress') this.#progress = message;
    else this.#pass(message);
  }

  /** To be called when there is nothing more to hear for now: what was held back is passed on. */
  flush(): void {
    const progress = this.#progress;
    this.#progress = undefined;
    if (progress !== undefined) this.#onMessage(progress);
  }

  /** To be called when the process has ended. */
  end(): void {
    this.flush();
    this.#tellDropped();
  }

  #pass(message: WorkerMessage): void {
    this.flush();
    if (message.type === 'log' && !this.#logLines.take()) {
      this.#dropped += 1;
      return;
    }
    this.#tellDropped();
    this.#onMessage(message);
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const message = `Dropped ${this.#dropped} log messages of the ${this.#speaker} process: too many at once`;
    this.#dropped = 0;
    this.#onMessage({ type: 'log', priority: priorities.warning, message });
  }
}
