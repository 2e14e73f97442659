import type { Key } from '../../interfaces/generated/io.ferry.Trust.generated.js';
import type { DescribedKey } from '../transfers/kinds/describe-keys.js';

/** A key as our interfaces have it: with its end in microseconds. */
export function keyOnWire({ scheme, fingerprint, user, usableUntil, problem, keyring }: DescribedKey): Key {
  const until = usableUntil === undefined ? null : usableUntil * 1000;
  return { scheme, fingerprint, user, usableUntil: until, problem: problem ?? null, keyring };
}
