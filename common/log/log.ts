import { cutText, escapeText } from '../../varlink/text.js';
import { callerPlace } from './log-place.js';
import { type LogSettings, parseLevel, priorities, readLogSettings } from './log-settings.js';
import { type LogPlaces, type LogSink, openSink } from './log-targets.js';

export { parseLevel, priorities };

const usualPlaces: LogPlaces = { journal: '/run/systemd/journal/socket', kernelLog: '/dev/kmsg' };

/** Lines of a stack that are shown, and UTF-16 code units of each. */
const stackLines = 50;
const lineMax = 1000;

/** The service's own log, as the $SYSTEMD_LOG_… variables ask for it: standard error where they do not. */
export class Log {
  /** Messages with a higher number go nowhere, whatever a target would take. */
  level: number;
  readonly #settings: LogSettings;
  readonly #sink: LogSink | null;

  constructor(environment: NodeJS.ProcessEnv, places: LogPlaces = usualPlaces) {
    this.#settings = readLogSettings(environment);
    this.level = this.#settings.level;
    this.#sink = openSink(this.#settings, environment, places);
    for (const complaint of this.#settings.complaints) this.write(priorities.warning, complaint);
  }

  /** @param transfer the identifier of the transfer that the message is about: a field of its own in the journal */
  write(priority: number, message: string, transfer: number | null = null): void {
    if (this.#sink === null || priority > this.level) return;
    if (priority > (this.#settings.levelOf[this.#sink.kind] ?? priorities.debug)) return;
    const place = this.#settings.location ? callerPlace() : null;
    this.#sink.write({ priority, text: escapeText(message), transfer, place });
  }

  /**
   * A mistake: its stack goes to the log, as lines that all say what it is about. What a stranger wrote may be in it, and none of it
   * passes for a line of another kind.
   */
  bug(error: unknown, context: string): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const lines = stack.split('\n');
    for (const line of lines.slice(0, stackLines))
      this.write(priorities.error, `${context}: ${cutText(line, lineMax)}`);
    if (lines.length > stackLines)
      this.write(priorities.error, `${context}: … and ${lines.length - stackLines} more lines`);
  }
}
