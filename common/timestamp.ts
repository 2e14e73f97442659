import { readFileSync } from 'node:fs';

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Names the time zone at a moment (`UTC`, `CET`, `+04`). */
export type ZoneNamer = (date: Date) => string;

/**
 * A moment in the local time zone as systemd prints it: `Mon 2026-11-23 01:02:03 UTC`.
 *
 * @param microseconds since 1970
 */
export function formatTimestamp(microseconds: number | bigint, zoneName: ZoneNamer): string {
  const date = new Date(millisecondsOf(microseconds));
  if (Number.isNaN(date.getTime())) return '-';
  const day = [date.getFullYear().toString().padStart(4, '0'), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${weekdays[date.getDay()]} ${day} ${time} ${zoneName(date)}`;
}

function millisecondsOf(microseconds: number | bigint): number {
  if (Number.isSafeInteger(microseconds)) return Math.trunc(Number(microseconds) / 1000);
  return Number(BigInt(microseconds) / 1000n);
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

/**
 * Names the local time zone. Node knows long names of zones only; the abbreviations stand in the last line of the zone's file
 * (RFC 8536 §3.3), which is read once, when it is first needed.
 *
 * @param timeZone the value of $TZ
 */
export function zoneNamer(timeZone: string | undefined): ZoneNamer {
  let names: [string, number][] | undefined;
  return (date) => {
    names ??= zoneNames(readZoneRule(timeZone?.replace(/^:/, '')));
    return nameOf(names, date);
  };
}

function nameOf(names: readonly [string, number][], date: Date): string {
  const eastOfGreenwich = -date.getTimezoneOffset();
  const known = names.find(([, offset]) => offset === eastOfGreenwich);
  return known?.[0] ?? (eastOfGreenwich === 0 ? 'UTC' : numericZone(eastOfGreenwich));
}

function numericZone(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${size % 60 === 0 ? '' : two(size % 60)}`;
}

function readZoneRule(zone: string | undefined): string {
  const path = zone === undefined || zone === '' ? '/etc/localtime' : `/usr/share/zoneinfo/${zone}`;
  try {
    return readFileSync(path, 'latin1').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return zone ?? '';
  }
}

/**
 * Names and offsets in a POSIX TZ rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
 *
 * @returns standard time, then summer time if there is one; offsets in minutes east of Greenwich
 */
export function zoneNames(rule: string): [name: string, offset: number][] {
  const match =
    /^(<[^>]+>|[A-Za-z]{3,})([+-]?\d+(?::\d+)?)?(?:(<[^>]+>|[A-Za-z]{3,})([+-]?\d+(?::\d+)?)?(?:,.*)?)?$/.exec(rule);
  const standard = match?.[1];
  if (match === null || standard === undefined) return [];
  const offset = posixOffset(match[2] ?? '0');
  const summer = match[3];
  const names: [string, number][] = [[plain(standard), offset]];
  if (summer !== undefined) names.push([plain(summer), match[4] === undefined ? offset + 60 : posixOffset(match[4])]);
  return names;
}

function plain(name: string): string {
  return name.replace(/[<>]/g, '');
}

/** POSIX counts offsets westwards. */
function posixOffset(text: string): number {
  const [hours, minutes] = text.replace(/^[+-]/, '').split(':').map(Number);
  const size = (hours ?? 0) * 60 + (minutes ?? 0);
  return text.startsWith('-') ? size : 0 - size;
}
