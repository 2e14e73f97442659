const second = 1_000_000;
const day = 86_400 * second;

/** The units of systemd.time(7) in microseconds, with all their names. A month has 30.44 days, a year 365.25. */
const units: readonly (readonly [names: readonly string[], microseconds: number])[] = [
  [['usec', 'us', 'µs', 'μs'], 1],
  [['msec', 'ms'], 1000],
  [['seconds', 'second', 'sec', 's', ''], second],
  [['minutes', 'minute', 'min', 'm'], 60 * second],
  [['hours', 'hour', 'hr', 'h'], 3600 * second],
  [['days', 'day', 'd'], day],
  [['weeks', 'week', 'w'], 7 * day],
  [['months', 'month', 'M'], 30.44 * day],
  [['years', 'year', 'y'], 365.25 * day],
];

function microsecondsIn(unit: string): number | undefined {
  return units.find(([names]) => names.includes(unit))?.[1];
}

/**
 * Reads a span of time as in systemd.time(7): `30d`, `2h 30min`, `1.5 weeks`; a number without a unit is of seconds.
 *
 * @returns microseconds; undefined if the text is not a span of time, or is beyond 2^53
 */
export function parseTimeSpan(text: string): number | undefined {
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*(\p{L}*)\s*/gu)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of parts) sum += Number(count) * (microsecondsIn(unit) ?? Number.NaN);
  const microseconds = Math.floor(sum);
  return Number.isSafeInteger(microseconds) ? microseconds : undefined;
}
