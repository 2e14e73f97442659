import { writeSync } from 'node:fs';
import { escapeText } from '../escape.js';

/** Priorities of syslog(3). */
export const priorities = { error: 3, warning: 4, notice: 5, information: 6, debug: 7 } as const;

const names = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** Reads a level as a name or a number from 0 to 7; null if it is neither. */
export function parseLevel(text: string): number | null {
  const named = names.indexOf(text);
  if (named >= 0) return named;
  return /^[0-7]$/.test(text) ? Number(text) : null;
}

/** The service's own log: lines on standard error, with the priority in front where the journal reads it (sd-daemon(3)). */
export class Log {
  level: number;
  readonly #prefixed: boolean;

  constructor(environment: NodeJS.ProcessEnv) {
    const { SYSTEMD_LOG_LEVEL: level = '', SYSTEMD_LOG_TARGET: target } = environment;
    const global = level.split(',').find((entry) => entry !== '' && !entry.includes(':'));
    this.level = (global === undefined ? null : parseLevel(global)) ?? priorities.information;
    this.#prefixed = target === 'console-prefixed' || environment['JOURNAL_STREAM'] !== undefined;
    if (global !== undefined && parseLevel(global) === null) {
      this.write(priorities.warning, `SYSTEMD_LOG_LEVEL: '${global}' is no log level; keeping ${names[this.level]}`);
    }
  }

  write(priority: number, message: string): void {
    if (priority > this.level) return;
    try {
      writeSync(2, `${this.#prefixed ? `<${priority}>` : ''}${escapeText(message)}\n`);
    } catch {
      // Nobody reads the log; the service goes on.
    }
  }

  /** A mistake of the service: the stack goes to the log, one line each. */
  bug(error: unknown, context: string): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of `${context}: ${stack}`.split('\n')) this.write(priorities.error, line);
  }
}
