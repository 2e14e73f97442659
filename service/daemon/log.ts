import { escapeText } from '../escape.js';
import { callerPlace } from './logPlace.js';
import { type LogSettings, parseLevel, priorities, readLogSettings } from './logSettings.js';
import { type LogPlaces, type LogSink, openSink } from './logTargets.js';

export { parseLevel, priorities };

const usualPlaces: LogPlaces = { journal: '/run/systemd/journal/socket', kernelLog: '/dev/kmsg' };

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

  /** A mistake of the service: the stack goes to the log, one line each. */
  bug(error: unknown, context: string): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of `${context}: ${stack}`.split('\n')) this.write(priorities.error, line);
  }
}
