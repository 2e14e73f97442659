import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Scope } from '../../../common/image-classes.js';

/** What tells events from all else in the journal (sd_journal_print(3)); documented in ferryd(8). */
export const eventMessageId = '8f2a6c1de0b94c7d9a53f4e17b06d82c';

/** The unit that the service runs in. */
const unit = 'ferry.service';
/** How long the journal may take, in milliseconds. */
const timeLimitMs = 20_000;
/** Entries that are read: the newest. */
export const eventsMax = 10_000;
/** UTF-16 code units of all entries that are read. */
const textMax = 64 * 1024 * 1024;

/**
 * Whether this process runs in the unit of the service, so that the journal will say of its entries that they came from there.
 *
 * @param cgroups the text of /proc/self/cgroup
 */
export function isInUnit(cgroups = readOwn()): boolean {
  const own = /^0::(.*)$/m.exec(cgroups)?.[1] ?? /^1:name=systemd:(.*)$/m.exec(cgroups)?.[1];
  return own?.split('/').includes(unit) ?? false;
}

function readOwn(): string {
  try {
    return readFileSync('/proc/self/cgroup', 'utf8');
  } catch {
    return '';
  }
}

export interface JournalQuery {
  /** The program. */
  journalctl: string;
  scope: Scope;
  /** The user that the service runs as. */
  uid: number;
  /** Microseconds since 1970. */
  since: number | undefined;
  until: number | undefined;
  /** Ends the reading. */
  signal: AbortSignal;
}

/** As journalctl(1) takes them: journald itself vouches for fields that begin with `_`. */
export function parametersFor({ scope, uid, since, until }: JournalQuery): string[] {
  const own = scope === 'system' ? `_SYSTEMD_UNIT=${unit}` : `_SYSTEMD_USER_UNIT=${unit}`;
  const at = (microseconds: number) => `@${(microseconds / 1e6).toFixed(6)}`;
  return [
    '--output=json',
    '--output-fields=FERRY_EVENT',
    '--all',
    '--quiet',
    '--no-pager',
    `--lines=${eventsMax}`,
    // An event is written a moment after the time that it has.
    ...(since === undefined ? [] : [`--since=${at(since)}`]),
    ...(until === undefined ? [] : [`--until=${at(until + 60_000_000)}`]),
    `MESSAGE_ID=${eventMessageId}`,
    `_UID=${uid}`,
    own,
  ];
}

/** What an entry has in the field of events; undefined if that is no text. */
function eventOf(line: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    const event = entry && typeof entry === 'object' && 'FERRY_EVENT' in entry ? entry.FERRY_EVENT : undefined;
    if (Array.isArray(event) && event.every((byte) => typeof byte === 'number')) return Buffer.from(event).toString();
    return typeof event === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The events in the journal that the service wrote itself, oldest first; an empty text for each that cannot be read. A child process
 * reads them, and what it takes is bounded.
 *
 * @throws Error when the program cannot be started, takes too long or fails
 */
export async function* readJournal(query: JournalQuery): AsyncGenerator<string> {
  const signal = AbortSignal.any([query.signal, AbortSignal.timeout(timeLimitMs)]);
  const child = spawn(query.journalctl, parametersFor(query), {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // It is waited for at the end, and may have failed by then.
  ended.catch(() => undefined);
  let length = 0;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      length += line.length;
      if (length > textMax) break;
      yield eventOf(line) ?? '';
    }
    if (length <= textMax && (await ended) !== 0) throw new Error('journalctl failed');
  } finally {
    child.kill('SIGKILL');
    child.stdout.destroy();
  }
}
