import { addAbortListener } from 'node:events';
import { priorities } from '../../common/log/log.js';
import type { ServerCall } from '../../varlink/server/call.js';
import type { LogLine, Progress, Transfer } from '../transfers/transfer.js';

/** How an interface says what happens to a transfer. */
export interface RelayForm<Reply> {
  progress(progress: Progress): Reply | undefined;
  log(line: LogLine): Reply;
}

/** Text of log lines kept for a caller that does not read, in UTF-16 units; more is dropped and counted. */
const keptText = 1024 * 1024;
/** Milliseconds between two reports of progress to one caller. */
const reportIntervalMs = 100;
/** Milliseconds between two reports of a transfer that has stalled. */
const stallIntervalMs = 1000;

/** Log lines and progress that a caller has yet to be told. Progress is merged, lines are kept within bounds. */
class Backlog {
  lines: LogLine[];
  progress = true;
  #text = 0;
  #dropped = 0;

  constructor(lines: readonly LogLine[]) {
    this.lines = [...lines];
  }

  add(line: LogLine): void {
    if (this.#text + line.message.length > keptText) {
      this.#dropped += 1;
      return;
    }
    this.#text += line.message.length;
    this.lines.push(line);
  }

  takeLines(): LogLine[] {
    const lines = this.lines;
    if (this.#dropped > 0)
      lines.push({
        priority: priorities.warning,
        message: `${this.#dropped} lines were left out: they came faster than they were read`,
      });
    this.lines = [];
    this.#text = 0;
    this.#dropped = 0;
    return lines;
  }
}

/** Wakes whoever waits, once, when something has happened since. */
export class Notifier {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}

/**
 * Tells a caller that takes more replies what happens to a transfer until it has ended or the caller is gone.
 * Resolves with whether there is still somebody to answer. A slow caller gets merged progress, and the transfer never waits.
 */
export async function relay<Reply>(
  call: ServerCall<unknown, Reply>,
  transfer: Transfer,
  form: RelayForm<Reply>,
): Promise<boolean> {
  const backlog = new Backlog(transfer.log);
  const notifier = new Notifier();
  using _subscription = transfer.subscribe((event) => {
    if (event.type === 'log') backlog.add(event.line);
    backlog.progress = true;
    notifier.ring();
  });
  using _listener = addAbortListener(call.closed, () => notifier.ring());
  using _stalled = setInterval(() => {
    if (transfer.progress.secondsStalled === undefined) return;
    backlog.progress = true;
    notifier.ring();
  }, stallIntervalMs);
  let toldAt = 0;
  let phase: string | undefined;
  while (!call.closed.aborted) {
    const { ended } = transfer;
    const replies = backlog.takeLines().map((line) => form.log(line));
    const due = performance.now() - toldAt >= reportIntervalMs || transfer.progress.phase !== phase;
    if (backlog.progress && (due || ended)) {
      backlog.progress = false;
      toldAt = performance.now();
      phase = transfer.progress.phase;
      const reply = form.progress(transfer.progress);
      if (reply !== undefined) replies.push(reply);
    }
    const quick = replies.map((reply) => call.continues(reply)).every(Boolean);
    if (ended) return true;
    if (!quick) await call.drained();
    else await notifier.wait();
  }
  return false;
}
