import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageClass, Scope } from '../../../common/image-classes.js';
import type { Log } from '../../../common/log/log.js';
import { withoutQueries, withoutUserinfo } from '../../../common/url.js';
import { findSystemProgram } from '../../sandbox/programs.js';
import { type HistoryEvent, type NotedEvent, readEvent } from './event.js';
import { appendLine, readLines } from './file.js';
import { eventMessageId, eventsMax, isInUnit, readJournal } from './journal.js';
import { type JournalOwner, type JournalPlaces, keepsEvents, mayHaveEvents } from './journal-files.js';

/** What is looked for; times in microseconds since 1970. */
export interface HistoryQuery {
  class: ImageClass | undefined;
  name: string | undefined;
  since: number | undefined;
  until: number | undefined;
  limit: number | undefined;
  /** Only what this user caused; all if undefined. */
  uid: number | undefined;
  signal: AbortSignal;
}

export interface HistoryAnswer {
  events: HistoryEvent[];
  /** How many records cannot be read. */
  skipped: number;
}

interface HistoryOptions {
  scope: Scope;
  log: Log;
  /** Undefined for a user without a home. */
  stateDirectory: string | undefined;
  /** Whether what goes to the journal can be found there again. */
  inUnit?: boolean;
  journalctl?: string | undefined;
  /** Where the files of the journal are. */
  journalPlaces?: JournalPlaces;
}

/** The name of a user, as the host has it now. */
function userName(uid: number): string | undefined {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find(([, , number]) => number === String(uid))?.[0];
  } catch {
    return undefined;
  }
}

function sentence({ operation, class: imageClass, name, newName, user, uid, error }: HistoryEvent): string {
  const what = [operation.replaceAll('_', '-'), ...(imageClass ? [imageClass] : [])].join(' ');
  const names = [name, newName].filter((each) => each !== undefined).map((each) => ` '${each}'`);
  return `${what}${names.join(' to')} for ${user ?? `user ${uid}`}: ${error ?? 'done'}`;
}

/** Fields for those who look into the journal by themselves. */
function fieldsOf(event: HistoryEvent): Record<string, string> {
  const { operation, class: imageClass, name, uid, error, transfer } = event;
  return {
    MESSAGE_ID: eventMessageId,
    FERRY_EVENT: JSON.stringify(event),
    FERRY_OPERATION: operation,
    FERRY_UID: String(uid),
    FERRY_RESULT: error ?? 'done',
    ...(imageClass !== undefined && { FERRY_CLASS: imageClass }),
    ...(name !== undefined && { FERRY_IMAGE: name }),
    ...(transfer !== undefined && { FERRY_TRANSFER: String(transfer) }),
  };
}

function matches(event: HistoryEvent, query: HistoryQuery): boolean {
  const { name, since = 0, until = Number.POSITIVE_INFINITY, uid } = query;
  if (query.class !== undefined && event.class !== undefined && event.class !== query.class) return false;
  if (name !== undefined && event.name !== name && event.newName !== name) return false;
  return event.time >= since && event.time <= until && (uid === undefined || event.uid === uid);
}

/**
 * What was done to images. Events go to the journal where the log does and they can be read there again, which keeps them from being
 * forged: it says itself which unit and user an entry is from. Elsewhere they go to a file of the service.
 */
export class History {
  readonly #options: HistoryOptions;
  readonly #inUnit: boolean;
  #hasComplained = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#inUnit = options.inUnit ?? isInUnit();
  }

  get #path(): string | undefined {
    const { stateDirectory } = this.#options;
    return stateDirectory === undefined ? undefined : join(stateDirectory, 'history');
  }

  get #owner(): JournalOwner {
    return { scope: this.#options.scope, uid: process.getuid?.() ?? 0 };
  }

  /** Writes down what is certain by now: that it was done, or that it failed. Never throws; what cannot be written is logged. */
  note(noted: NotedEvent): void {
    const { url } = noted;
    const known = { ...noted, time: Date.now() * 1000, user: userName(noted.uid), url: url && withoutUserinfo(url) };
    const event = readEvent(JSON.stringify(known));
    if (event === undefined) return;
    const { log } = this.#options;
    // Others than root may read the journal.
    const shown = { ...event, url: event.url && withoutQueries(event.url) };
    if (
      this.#inUnit &&
      keepsEvents(this.#owner, this.#options.journalPlaces) &&
      log.event(sentence(shown), fieldsOf(shown))
    )
      return;
    this.#append(event);
  }

  #append(event: HistoryEvent): void {
    const path = this.#path;
    if (path === undefined) return;
    try {
      appendLine(path, JSON.stringify(event));
      this.#hasComplained = false;
    } catch (error) {
      if (!this.#hasComplained)
        this.#options.log.warning(`Cannot write to ${path}: ${String(error)}; the history lacks what was done`);
      this.#hasComplained = true;
    }
  }

  /** The events that are looked for, newest last. What cannot be read is logged, and counted where it is a record. */
  async find(query: HistoryQuery): Promise<HistoryAnswer> {
    const found: HistoryEvent[] = [];
    let skipped = 0;
    for (const [what, lines] of this.#sources(query)) {
      try {
        for await (const line of lines) {
          const event = readEvent(line);
          if (event === undefined) skipped += 1;
          else if (matches(event, query)) found.push(event);
        }
      } catch (error) {
        query.signal.throwIfAborted();
        this.#options.log.warning(`Cannot read the history in ${what}: ${String(error)}`);
        skipped += 1;
      }
    }
    const events = found.sort((a, b) => a.time - b.time).slice(-Math.min(query.limit ?? eventsMax, eventsMax));
    return { events, skipped };
  }

  #sources({ since, until, signal }: HistoryQuery): [what: string, AsyncGenerator<string>][] {
    const { journalPlaces } = this.#options;
    const path = this.#path;
    const found = 'journalctl' in this.#options ? this.#options.journalctl : findSystemProgram('journalctl');
    const { scope, uid } = this.#owner;
    const journalctl = mayHaveEvents(this.#owner, journalPlaces) ? found : undefined;
    return [
      ...(path === undefined ? [] : [[path, readLines(path)] as [string, AsyncGenerator<string>]]),
      ...(journalctl === undefined
        ? []
        : [
            ['the journal', readJournal({ journalctl, scope, uid, since, until, signal })] as [
              string,
              AsyncGenerator<string>,
            ],
          ]),
    ];
  }
}
