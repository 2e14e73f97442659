/** How long a key should still be good for that nobody has to be told about, in milliseconds: 30 days. */
const soon = 30 * 24 * 60 * 60 * 1000;

/** Whether a key that counts now ends within 30 days. `end`: undefined for one that does not. */
export function endsSoon(end: Date | undefined, now: Date): end is Date {
  return end !== undefined && end.getTime() < now.getTime() + soon;
}

/** A date for messages, in UTC. */
export function dateOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
