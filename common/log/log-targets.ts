import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { sendDatagram } from '../../linux/sockets.js';
import { type Style, styled } from '../colour.js';
import { formatTimestamp, type ZoneNamer, zoneNamer } from '../timestamp.js';
import { type LevelTarget, type LogSettings, priorities } from './log-settings.js';

/** Where the log can go on this host. */
export interface LogPlaces {
  /** journald's socket for its native protocol (systemd-journald.service(8)). */
  readonly journal: string;
  readonly kernelLog: string;
}

/** What a program's log needs of the program. */
export interface LogOutput {
  /** The name of the program in journal and kernel log. */
  readonly identifier: string;
  readonly places: LogPlaces;
  /** Writes lines to standard error. What cannot be written is nobody's loss, and no error. */
  writeConsole(line: string): void;
  /** Milliseconds since 1970. */
  now(): number;
  /** Leaves out of a message what those may not know who read this log; absent where they may know all. */
  conceal?(message: string): string;
}

/** A message on its way out. */
export interface LogEntry {
  readonly priority: number;
  /** One line, without control characters. */
  readonly text: string;
  /** The identifier of the transfer that it is about, if it is about one. */
  readonly transfer: number | undefined;
  /** File and line of the source; undefined where nobody asked. */
  readonly place: { readonly file: string; readonly line: number } | undefined;
  /** How it looks where there are colours; absent for the look of its priority. */
  readonly style?: Style | undefined;
}

/** One of the places that messages go to. Its `write` never throws: nobody reads the log then, and the program goes on. */
export interface LogSink {
  /** Which level holds for it, beside the general one. */
  readonly kind: LevelTarget;
  write(entry: LogEntry): void;
  /** Writes an entry with more fields, each on one line. False if the log has no place for fields, or the entry cannot be written. */
  writeEvent?(entry: LogEntry, fields: Readonly<Record<string, string>>): boolean;
}

const standardErrorDescriptor = 2;
/** LOG_DAEMON of syslog(3), which systemd's tools log as. */
const facility = 3 << 3;

/** Whether standard error leads to the journal (sd_journal_stream_fd(3)): then it reads priorities in front of lines. */
function leadsToJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(standardErrorDescriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

function styleOf(priority: number): Style | undefined {
  if (priority <= priorities.err) return 'error';
  if (priority === priorities.warning) return 'warning';
  if (priority === priorities.notice) return 'notice';
  return priority === priorities.debug ? 'quiet' : undefined;
}

function located(text: string, { place }: LogEntry, colours: LogSettings['colours'] = 'off'): string {
  return place === undefined ? text : `${styled(`${place.file}:${place.line}`, 'location', colours)}: ${text}`;
}

/** Standard error. `prefix` is what stands in front of a line for those who read priorities. */
class ConsoleSink implements LogSink {
  readonly kind;
  readonly #settings: LogSettings;
  readonly #output: LogOutput;
  readonly #prefix: ((priority: number) => string) | undefined;
  readonly #zoneName: ZoneNamer;

  constructor(
    settings: LogSettings,
    output: LogOutput,
    prefix?: (priority: number) => string,
    kind: LevelTarget = 'console',
  ) {
    this.kind = kind;
    this.#settings = settings;
    this.#output = output;
    this.#prefix = prefix;
    this.#zoneName = zoneNamer(settings.timeZone);
  }

  write(entry: LogEntry): void {
    const { time, threadId, colours } = this.#settings;
    const stamp = time ? `${formatTimestamp(this.#output.now() * 1000, this.#zoneName)} ` : '';
    // Messages come from the main thread only, whose number is that of the process.
    const thread = threadId ? `(${process.pid}) ` : '';
    const line =
      stamp + thread + located(styled(entry.text, entry.style ?? styleOf(entry.priority), colours), entry, colours);
    const prefix = this.#prefix?.(entry.priority);
    this.#output.writeConsole(`${prefix === undefined ? withoutPriority(line) : prefix + line}\n`);
  }
}

/** Where standard error leads to a journal all the same, `<` would begin a priority. */
function withoutPriority(line: string): string {
  return line.startsWith('<') ? `\\x3c${line.slice(1)}` : line;
}

/** Standard error, where the journal reads it. It notes the time itself. */
function streamSink(settings: LogSettings, output: LogOutput): LogSink {
  const plain = { ...settings, time: false, colours: 'off' } as const;
  return new ConsoleSink(plain, output, (priority) => `<${priority}>`, 'journal');
}

/** Sends entries by the journal's native protocol, one field per line. Undefined without a journal. */
function journalSink({ identifier, places }: LogOutput): LogSink | undefined {
  const send = (entry: LogEntry, more: readonly string[] = []): void => {
    const { priority, transfer, place } = entry;
    const where = place === undefined ? [] : [`CODE_FILE=${place.file}`, `CODE_LINE=${place.line}`];
    const about = transfer === undefined ? [] : [`FERRY_TRANSFER=${transfer}`];
    const fields = [
      `PRIORITY=${priority}`,
      `SYSLOG_IDENTIFIER=${identifier}`,
      `SYSLOG_FACILITY=${facility >> 3}`,
      `TID=${process.pid}`,
    ];
    const message = `MESSAGE=${located(entry.text, entry)}`;
    sendDatagram(places.journal, Buffer.from([...fields, ...where, ...about, ...more, message, ''].join('\n')));
  };
  try {
    // An empty datagram is no entry: it only shows whether somebody is there.
    sendDatagram(places.journal, Buffer.alloc(0));
  } catch {
    return undefined;
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
    writeEvent(entry, fields) {
      try {
        const written = Object.entries(fields).filter(([, value]) => !value.includes('\n'));
        send(
          entry,
          written.map((field) => field.join('=')),
        );
        return true;
      } catch {
        return false;
      }
    },
  };
}

const rateLimitMilliseconds = 5000;
const rateLimitMessages = 200;

/** At most 200 messages in five seconds, which is what systemd allows itself. */
function rateLimit(now: () => number): () => boolean {
  let begin = now();
  let count = 0;
  return () => {
    if (now() - begin >= rateLimitMilliseconds) {
      begin = now();
      count = 0;
    }
    count += 1;
    return count <= rateLimitMessages;
  };
}

/** Undefined when the kernel log cannot be written to. */
function kernelSink(settings: LogSettings, { identifier, places, now }: LogOutput): LogSink | undefined {
  const path = places.kernelLog;
  try {
    closeSync(openSync(path, 'a'));
  } catch {
    return undefined;
  }
  const allowed = settings.limitKernelRate ? rateLimit(now) : () => true;
  return {
    kind: 'kmsg',
    write(entry) {
      if (!allowed()) return;
      try {
        const descriptor = openSync(path, 'a');
        const text = located(entry.text, entry);
        writeSync(descriptor, `<${facility | entry.priority}>${identifier}[${process.pid}]: ${text}\n`);
        closeSync(descriptor);
      } catch {
        // The ring buffer refuses lines beyond its own limit.
      }
    },
  };
}

/**
 * Opens what $SYSTEMD_LOG_TARGET asks for. Where that is not there messages go to standard error, as with systemd's own
 * programs. Undefined for `null`.
 */
export function openSink(settings: LogSettings, output: LogOutput): LogSink | undefined {
  const console = () => new ConsoleSink(settings, output);
  const kernel = () => kernelSink(settings, output) ?? console();
  switch (settings.target) {
    case 'null':
      return undefined;
    case 'console':
      return console();
    case 'console-prefixed':
      return new ConsoleSink(settings, output, (priority) => `<${facility | priority}>`);
    case 'kmsg':
      return kernel();
    case 'journal':
      return journalSink(output) ?? console();
    case 'journal-or-kmsg':
      return journalSink(output) ?? kernel();
    case 'auto':
      if (!leadsToJournal(settings.journalStream)) return console();
      // Its own protocol has fields; where its socket is out of reach, it reads priorities in front of lines.
      return journalSink(output) ?? streamSink(settings, output);
  }
}
