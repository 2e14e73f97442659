import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { sendDatagram } from '../../linux/sockets.js';
import type { LevelTarget, LogSettings } from './log-settings.js';

/** Where the log can go on this host. */
export interface LogPlaces {
  /** journald's socket for its native protocol (systemd-journald.service(8)). */
  journal: string;
  kernelLog: string;
}

/** A message on its way out. */
export interface LogEntry {
  priority: number;
  /** One line, without control characters. */
  text: string;
  /** The identifier of the transfer that it is about, if it is about one. */
  transfer: number | null;
  /** File and line of the source; null where nobody asked. */
  place: { file: string; line: number } | null;
}

/** One of the places that messages go to. Its `write` never throws: nobody reads the log then, and the service goes on. */
export interface LogSink {
  /** Which level holds for it, beside the general one. */
  readonly kind: LevelTarget;
  write(entry: LogEntry): void;
}

const standardError = 2;
const identifier = 'ferryd';
/** LOG_DAEMON of syslog(3). */
const facility = 3 << 3;

function writeLine(line: string): void {
  try {
    writeSync(standardError, `${line}\n`);
  } catch {
    // Nobody reads it.
  }
}

/** Whether standard error leads to the journal (sd_journal_stream_fd(3)): then it reads priorities in front of lines. */
function leadsToJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(standardError, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

const colours = ['\x1b[0;1;31m', '\x1b[0;1;31m', '\x1b[0;1;31m', '\x1b[0;1;31m', '\x1b[0;1;33m', '\x1b[0;1;39m'];

function coloured(text: string, priority: number): string {
  const colour = priority === 7 ? '\x1b[0;90m' : colours[priority];
  return colour === undefined ? text : `${colour}${text}\x1b[0m`;
}

function wantsColour(settings: LogSettings, environment: Readonly<Record<string, string | undefined>>): boolean {
  return settings.colour && isatty(standardError) && (environment['TERM'] ?? 'dumb') !== 'dumb';
}

/** The local time as systemd prints it: `Mon 2026-11-23 01:02:03 UTC`. */
function timestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const parts = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZoneName: 'short' }).formatToParts(date);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${part('weekday')} ${day} ${time} ${part('timeZoneName')}`;
}

function located({ text, place }: LogEntry): string {
  return place === null ? text : `${place.file}:${place.line}: ${text}`;
}

function consoleSink(settings: LogSettings, prefix: (priority: number) => string, colour: boolean): LogSink {
  return {
    kind: 'console',
    write(entry) {
      const time = settings.time ? `${timestamp(new Date())} ` : '';
      // The service logs in its main thread only, whose number is that of the process.
      const thread = settings.threadId ? `(${process.pid}) ` : '';
      const text = located(entry);
      const line = prefix(entry.priority) + time + thread + (colour ? coloured(text, entry.priority) : text);
      // Where standard error leads to a journal all the same, this would be a priority.
      writeLine(line.startsWith('<') && prefix(entry.priority) === '' ? `\\x3c${line.slice(1)}` : line);
    },
  };
}

function prefixedSink(settings: LogSettings): LogSink {
  return { ...consoleSink({ ...settings, time: false }, (priority) => `<${priority}>`, false), kind: 'journal' };
}

/** The journal's native protocol: fields, one a line. Null when there is no journal. */
function journalSink(path: string): LogSink | null {
  const send = (entry: LogEntry): void => {
    const { priority, transfer, place } = entry;
    const where = place === null ? [] : [`CODE_FILE=${place.file}`, `CODE_LINE=${place.line}`];
    const about = transfer === null ? [] : [`FERRY_TRANSFER=${transfer}`];
    const fields = [
      `PRIORITY=${priority}`,
      `SYSLOG_IDENTIFIER=${identifier}`,
      `SYSLOG_FACILITY=3`,
      `TID=${process.pid}`,
    ];
    sendDatagram(path, Buffer.from([...fields, ...where, ...about, `MESSAGE=${located(entry)}`, ''].join('\n')));
  };
  try {
    // An empty datagram is no entry: it only shows whether somebody is there.
    sendDatagram(path, Buffer.alloc(0));
  } catch {
    return null;
  }
  return {
    kind: 'journal',
    write(entry) {
      try {
        send(entry);
      } catch {
        // It was stopped.
      }
    },
  };
}

/** At most 200 messages in five seconds, which is what systemd allows itself. */
function rateLimit(): () => boolean {
  let begin = performance.now();
  let count = 0;
  return () => {
    if (performance.now() - begin >= 5000) {
      begin = performance.now();
      count = 0;
    }
    count += 1;
    return count <= 200;
  };
}

/** Null when the kernel log cannot be written to. */
function kernelSink(path: string, settings: LogSettings): LogSink | null {
  try {
    closeSync(openSync(path, 'a'));
  } catch {
    return null;
  }
  const allowed = settings.limitKernelRate ? rateLimit() : () => true;
  return {
    kind: 'kmsg',
    write(entry) {
      if (!allowed()) return;
      try {
        const descriptor = openSync(path, 'a');
        writeSync(descriptor, `<${facility | entry.priority}>${identifier}[${process.pid}]: ${located(entry)}\n`);
        closeSync(descriptor);
      } catch {
        // The ring buffer refuses lines beyond its own limit.
      }
    },
  };
}

/**
 * Opens what $SYSTEMD_LOG_TARGET asks for. Where that is not there messages go to standard error, as with systemd's own
 * programs. Null for `null`.
 */
export function openSink(
  settings: LogSettings,
  environment: Readonly<Record<string, string | undefined>>,
  places: LogPlaces,
): LogSink | null {
  const console = () => consoleSink(settings, () => '', wantsColour(settings, environment));
  const kernel = () => kernelSink(places.kernelLog, settings) ?? console();
  switch (settings.target) {
    case 'null':
      return null;
    case 'console':
      return console();
    case 'console-prefixed':
      return consoleSink(settings, (priority) => `<${facility | priority}>`, false);
    case 'kmsg':
      return kernel();
    case 'journal':
      return journalSink(places.journal) ?? console();
    case 'journal-or-kmsg':
      return journalSink(places.journal) ?? kernel();
    case 'auto':
      if (!leadsToJournal(environment['JOURNAL_STREAM'])) return console();
      // Its own protocol has fields; where its socket is out of reach, it reads priorities in front of lines.
      return journalSink(places.journal) ?? prefixedSink(settings);
  }
}
