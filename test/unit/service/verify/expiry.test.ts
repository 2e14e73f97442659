import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateOf, endsSoon } from '../../../../service/verify/expiry.js';
import { verifyDetached } from '../../../../service/verify/signature.js';
import { needs } from '../../../support/needs.js';
import { KeyRoom } from '../../../support/servers/keys.js';

const now = new Date('2026-06-01T00:00:00Z');
const ends: [end: string | undefined, soon: boolean][] = [
  [undefined, false],
  ['2026-06-30T23:59:59Z', true],
  ['2026-07-01T00:00:00Z', false],
];
for (const [end, soon] of ends)
  test(`a key that ends on ${end ?? 'no day'} ${soon ? 'ends soon' : 'is good for a while'}`, () => {
    assert.equal(endsSoon(end === undefined ? undefined : new Date(end), now), soon);
  });

test('a good signature by a key that expires within 30 days brings a notice of that', async (t) => {
  if (!needs(t, { programs: ['gpg'] })) return;
  using keys = new KeyRoom();
  const rows: [user: string, expires: string, isTold: boolean][] = [
    ['soon@ferry.invalid', '10d', true],
    ['later@ferry.invalid', '60d', false],
    ['never@ferry.invalid', 'never', false],
  ];
  for (const [user, expires, isTold] of rows) {
    const key = keys.createKey(user, 'ed25519', expires);
    const payload = Buffer.from('text');
    const keyring = { path: '/k', bytes: keys.export([key]) };
    const verdict = await verifyDetached(payload, keys.sign(key, payload), [keyring], new Date());
    const end = dateOf(new Date(Date.now() + 10 * 86_400_000));
    const notice = `signed by key ${key.fingerprint.slice(-16)} (${user}), which expires on ${end}; look for a newer keyring`;
    assert.deepEqual(verdict?.kind === 'good' ? verdict.notices : verdict, isTold ? [notice] : [], user);
  }
});
