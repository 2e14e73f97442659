import { escapeText } from '../../varlink/text.js';
import type { ProcessContext } from '../cli/process-context.js';
import { type ColourMode, chooseColours, type Style, styled } from './colour.js';
import { facility, type LogSettings, priorities, readLogSettings } from './log-settings.js';
import type { LogSink, openSink } from './sinks.js';
import { formatTimestamp } from './timestamp.js';

const styles: Partial<Record<number, Style>> = { 4: 'warning', 5: 'notice', 7: 'quiet' };

/** Something drawn on the terminal that lines must not run into: it is taken away before a line and drawn again after. */
export interface Overlay {
  erase(): string;
  draw(): string;
}

/**
 * The client's messages, and those of the service's transfers: to standard error, or where $SYSTEMD_LOG_TARGET says.
 */
export class Log {
  readonly #context: ProcessContext;
  readonly #settings: LogSettings;
  readonly #colours: ColourMode;
  readonly #openSink: typeof openSink | undefined;
  #sink: LogSink | undefined;
  #overlay: Overlay | undefined;
  #quiet = false;

  /** Loads what journal and kernel log need, only where messages go there. */
  static async open(context: ProcessContext): Promise<Log> {
    const settings = readLogSettings(context.env);
    return new Log(context, settings, isConsole(settings) ? undefined : (await import('./sinks.js')).openSink);
  }

  private constructor(context: ProcessContext, settings: LogSettings, open: typeof openSink | undefined) {
    this.#context = context;
    this.#settings = settings;
    this.#openSink = open;
    const colours = chooseColours(context.env, context.stderr.isTerminal);
    this.#colours = this.#settings.colour ? colours : 'off';
    for (const complaint of this.#settings.complaints) this.warning(complaint);
  }

  /** --quiet: nothing less important than a notice is written. */
  beQuiet(): void {
    this.#quiet = true;
  }

  set overlay(overlay: Overlay | undefined) {
    this.#overlay = overlay;
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

  info(message: string): void {
    this.write(priorities.info, message);
  }

  debug(message: string): void {
    this.write(priorities.debug, message);
  }

  /** Writes a line of a priority as in syslog(3); what is no printable text in it is escaped. */
  write(priority: number, message: string): void {
    const { target, maximum, maximumOf } = this.#settings;
    if (target === 'null' || priority > maximum || (this.#quiet && priority > priorities.notice)) return;
    const text = escapeText(message);
    this.#sink ??= this.#openSink?.(this.#settings, this.#context, (level, line) => this.#writeConsole(level, line));
    if (this.#sink !== undefined) this.#sink.write(priority, this.#located(text));
    else if (priority <= (maximumOf.console ?? priorities.debug)) this.#writeConsole(priority, text);
  }

  #writeConsole(priority: number, text: string): void {
    const { target, time, threadId } = this.#settings;
    const prefix = target === 'console-prefixed' ? `<${facility | priority}>` : '';
    const stamp = time ? `${formatTimestamp(this.#context.now() * 1000)} ` : '';
    const thread = threadId ? `(${process.pid}) ` : '';
    const style = priority <= priorities.err ? 'error' : styles[priority];
    const line = `${prefix}${stamp}${thread}${this.#located(styled(text, style, this.#colours))}\n`;
    const overlay = this.#overlay;
    this.#context.stderr.write(overlay === undefined ? line : overlay.erase() + line + overlay.draw());
  }

  /** Puts file and line of the caller in front, where wanted. */
  #located(text: string): string {
    if (!this.#settings.location) return text;
    return `${styled(callerLocation(), 'location', this.#colours)}: ${text}`;
  }

  /** Waits until everything is written. */
  async flush(): Promise<void> {
    await this.#sink?.flush();
  }
}

function isConsole({ target }: LogSettings): boolean {
  return target !== 'kmsg' && target !== 'journal' && target !== 'journal-or-kmsg';
}

/** The first place on the stack that is not in this file: `client/cli/run.ts:17`. */
function callerLocation(): string {
  const lines = new Error().stack?.split('\n').slice(1) ?? [];
  const own = lines[0] === undefined ? undefined : placeOf(lines[0])?.file;
  const place = lines.map(placeOf).find((candidate) => candidate !== undefined && candidate.file !== own);
  return place === undefined ? 'unknown:0' : `${place.file.replace(/^.*\/(?=client\/)/, '')}:${place.line}`;
}

function placeOf(line: string): { file: string; line: string } | undefined {
  const match = /(?:\(|at )(?:async )?(?:file:\/\/)?([^()]+?):(\d+):\d+\)?$/.exec(line);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { file: match[1], line: match[2] };
}
