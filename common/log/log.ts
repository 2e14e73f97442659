import { writeSync } from 'node:fs';
import { cutText, escapeText } from '../../varlink/text.js';
import type { Style } from '../colour.js';
import { callerPlace } from './log-place.js';
import { type LevelName, type LogSettings, parseLevel, priorities, readLogSettings } from './log-settings.js';
import { type LogOutput, type LogSink, openSink } from './log-targets.js';

export { type LevelName, type LogOutput, type LogSettings, parseLevel, priorities, readLogSettings };

/** Lines of a stack that are shown, and UTF-16 code units of each. */
const stackLines = 50;
const lineMax = 1000;
const standardErrorDescriptor = 2;

/** The log of a program that draws nothing on standard error. */
export function plainOutput(identifier: string): LogOutput {
  return {
    identifier,
    places: { journal: '/run/systemd/journal/socket', kernelLog: '/dev/kmsg' },
    now: Date.now,
    writeConsole(line) {
      try {
        writeSync(standardErrorDescriptor, line);
      } catch {
        // Nobody reads it.
      }
    },
  };
}

/** Something drawn on the terminal that lines must not run into: it is taken away before a line and drawn again after. */
export interface Overlay {
  erase(): string;
  draw(): string;
}

/** A program's messages, and those of transfers: to standard error, or where $SYSTEMD_LOG_TARGET says. */
export class Log {
  /** Messages with a higher number go nowhere, whatever a target would take. */
  level: number;
  overlay: Overlay | undefined;
  readonly #settings: LogSettings;
  readonly #output: LogOutput;
  /** False before the first message. */
  #sink: LogSink | undefined | false = false;

  constructor(settings: LogSettings, output: LogOutput) {
    this.#settings = settings;
    this.#output = { ...output, writeConsole: (line) => output.writeConsole(this.#beside(line)) };
    this.level = settings.level;
    for (const complaint of settings.complaints) this.warning(complaint);
  }

  /** --quiet: nothing less important than a notice is written. */
  beQuiet(): void {
    this.level = Math.min(this.level, priorities.notice);
  }

  error(message: string): void {
    this.write(priorities.err, message);
  }

  warning(message: string): void {
    this.write(priorities.warning, message);
  }

  notice(message: string): void {
    this.write(priorities.notice, message);
  }

  /** A notice that a command has done its work. */
  success(message: string): void {
    this.write(priorities.notice, message, undefined, 'good');
  }

  info(message: string): void {
    this.write(priorities.info, message);
  }

  debug(message: string): void {
    this.write(priorities.debug, message);
  }

  /**
   * Writes a line of a priority as in syslog(3); what is not printable text in it is escaped.
   *
   * @param transfer the identifier of the transfer that the message is about: a field of its own in the journal
   * @param style how it looks where there are colours, unless as its priority does
   */
  write(priority: number, message: string, transfer?: number, style?: Style): void {
    if (priority > this.level) return;
    const sink = this.#open();
    if (sink === undefined || priority > (this.#settings.levelOf[sink.kind] ?? priorities.debug)) return;
    const place = this.#settings.location ? callerPlace() : undefined;
    const shown = this.#output.conceal?.(message) ?? message;
    sink.write({ priority, text: escapeText(shown), transfer, place, style });
  }

  /**
   * Writes something that is to be found again by its fields, whatever the level is.
   *
   * @returns false where the log does not go to the journal, which alone has fields
   */
  event(message: string, fields: Readonly<Record<string, string>>): boolean {
    const entry = { priority: priorities.info, text: escapeText(message), transfer: undefined, place: undefined };
    return this.#open()?.writeEvent?.(entry, fields) ?? false;
  }

  #open(): LogSink | undefined {
    if (this.#sink === false) this.#sink = openSink(this.#settings, this.#output);
    return this.#sink;
  }

  /**
   * A mistake: its stack goes to the log, as lines that all say what it is about. What a stranger wrote may be in it, and none of it
   * passes for a line of another kind.
   */
  bug(error: unknown, context: string): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const lines = stack.split('\n');
    for (const line of lines.slice(0, stackLines)) this.error(`${context}: ${cutText(line, lineMax)}`);
    if (lines.length > stackLines) this.error(`${context}: … and ${lines.length - stackLines} more lines`);
  }

  #beside(line: string): string {
    const { overlay } = this;
    return overlay === undefined ? line : overlay.erase() + line + overlay.draw();
  }
}
