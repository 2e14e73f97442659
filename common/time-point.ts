import { parseTimeSpan } from './time-span.js';

/** The start of the local day that lies so many days from that of `now`. */
function startOfDay(now: Date, days: number): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).getTime();
}

function namedTime(text: string, now: Date): number | undefined {
  if (text === 'now') return now.getTime();
  if (text === 'today') return startOfDay(now, 0);
  if (text === 'yesterday') return startOfDay(now, -1);
  return text === 'tomorrow' ? startOfDay(now, 1) : undefined;
}

/** `-2h`, `2h ago`, `+30min`. */
function relativeTime(text: string, now: Date): number | undefined {
  const [, sign, span, ago] = /^([+-])?(.*?)(\s+ago)?$/s.exec(text) ?? [];
  if ((sign === undefined) === (ago === undefined)) return undefined;
  const microseconds = parseTimeSpan(span ?? '');
  if (microseconds === undefined) return undefined;
  return now.getTime() + ((sign === '+' ? 1 : -1) * microseconds) / 1000;
}

/** `2026-11-30`, `2026-11-30 12:00`, `12:00:30`, with `UTC` or `Z` or in local time. */
function calendarTime(text: string, now: Date): number | undefined {
  const match = /^(?:(\d{4})-(\d\d?)-(\d\d?))?(?:(?:^|[ T])(\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?)?( ?UTC|Z)?$/.exec(
    text,
  );
  if (match === null || (match[1] === undefined && match[4] === undefined)) return undefined;
  const zone = match[7];
  const isUtc = zone !== undefined;
  const today = isUtc
    ? [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()]
    : [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  const [year = 0, month = 0, day = 0] = match[1] === undefined ? today : match.slice(1, 4).map(Number);
  const [hour = 0, minute = 0, second = 0] = match.slice(4, 7).map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second >= 60) return undefined;
  const date = isUtc
    ? new Date(Date.UTC(year, month - 1, day, hour, minute))
    : new Date(year, month - 1, day, hour, minute);
  // February has no 31st day.
  if ((isUtc ? date.getUTCDate() : date.getDate()) !== day) return undefined;
  return date.getTime() + second * 1000;
}

/**
 * Reads a point in time as in systemd.time(7): `2026-11-30 12:00`, `yesterday`, `2h ago`, `-2h`, `@1796000000`.
 *
 * @returns microseconds since 1970; undefined if the text is not a point in time, or is before 1970
 */
export function parseTimePoint(text: string, now: Date): number | undefined {
  const trimmed = text.trim();
  const seconds = /^@(\d+(?:\.\d+)?)$/.exec(trimmed)?.[1];
  const milliseconds =
    seconds === undefined
      ? (namedTime(trimmed, now) ?? relativeTime(trimmed, now) ?? calendarTime(trimmed, now))
      : Number(seconds) * 1000;
  const microseconds = Math.round((milliseconds ?? Number.NaN) * 1000);
  return Number.isSafeInteger(microseconds) && microseconds >= 0 ? microseconds : undefined;
}
