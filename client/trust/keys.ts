import { formatTimestamp, type ZoneNamer } from '../../common/timestamp.js';
import type { TrustedKey } from '../connect/contract.js';
import type { ShownField } from '../terminal/fields.js';

/** Keyrings for all of the world may hold hundreds. */
const shownMax = 20;

/** A line for each key: fingerprint, user, until when, where from. */
export function keyFields(keys: readonly TrustedKey[], zoneName: ZoneNamer): ShownField[] {
  if (keys.length === 0) return [{ name: 'Keys', text: 'none', style: 'bad' }];
  const shown = keys.slice(0, shownMax).map((key, index) => ({
    name: index === 0 ? 'Keys' : '',
    text: keyText(key, zoneName),
    ...(key.problem ? { style: 'bad' as const } : {}),
  }));
  const more = keys.length - shown.length;
  return more === 0 ? shown : [...shown, { name: '', text: `and ${more} more` }];
}

function keyText(
  { scheme, fingerprint, user, usableUntil, problem, keyring }: TrustedKey,
  zoneName: ZoneNamer,
): string {
  const until = usableUntil ? `until ${formatTimestamp(usableUntil, zoneName)}` : 'without end';
  const state = problem ? `does not count: it ${problem}` : until;
  return `${scheme} ${fingerprint}${user === '' ? '' : ` (${user})`}, ${state}, from ${keyring}`;
}
