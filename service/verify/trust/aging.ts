import { dateOf, endsSoon } from '../expiry.js';

/** Of a key, what says how long signatures by it count. */
interface Aging {
  readonly fingerprint: string;
  readonly user: string;
  /** In milliseconds since 1970; undefined for ever. */
  readonly usableUntil?: number | undefined;
  readonly problem?: string | undefined;
}

/** What to say of a key that does not count, or will not in 30 days; undefined for one that will. `user` is escaped. */
export function agingOf({ fingerprint, user, usableUntil, problem }: Aging, now: Date): string | undefined {
  const name = `Key ${fingerprint}${user === '' ? '' : ` (${user})`}`;
  if (problem !== undefined) return `${name} does not count: it ${problem}`;
  const end = usableUntil === undefined ? undefined : new Date(usableUntil);
  return endsSoon(end, now) ? `${name} expires on ${dateOf(end)}; look for a newer keyring` : undefined;
}
