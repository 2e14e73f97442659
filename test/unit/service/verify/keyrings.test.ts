import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyringFiles, loadKeyrings } from '../../../../service/verify/keyrings.js';

const [own, legacy, local, vendor] = [
  '/etc/systemd/import-pubring.pgp',
  '/etc/systemd/import-pubring.gpg',
  '/usr/local/lib/systemd/import-pubring.pgp',
  '/usr/lib/systemd/import-pubring.pgp',
];

const rows: [what: string, environment: Record<string, string>, present: string[], read: string[]][] = [
  ['both', {}, [own, vendor], [own, vendor]],
  ['the vendor only', {}, [vendor], [vendor]],
  ['the legacy name only where the other is absent', {}, [own, legacy, vendor], [own, vendor]],
  ['the legacy name', {}, [legacy], [legacy]],
  ['the local one before the vendor', {}, [local, vendor], [local]],
  ['one that replaces all', { SYSTEMD_OPENPGP_KEYRING: '/k' }, ['/k', own, vendor], ['/k']],
];
for (const [what, environment, present, read] of rows) {
  test(`keyrings: ${what}`, async () => {
    const readFile = async (path: string) => (present.includes(path) ? Buffer.from(path) : undefined);
    const keyrings = await loadKeyrings(keyringFiles(environment), readFile);
    assert.deepEqual(
      keyrings,
      read.map((path) => ({ path, bytes: Buffer.from(path) })),
    );
  });
}

test('none at all: everything that was looked for is named', async () => {
  const none = async () => undefined;
  await assert.rejects(loadKeyrings(keyringFiles({}), none), {
    message: `No keyring to verify signatures with: looked for ${own}, ${legacy}, ${local}, ${vendor}. Install one, give one with --keyring=, or pull with --verify=checksum.`,
  });
  await assert.rejects(loadKeyrings(keyringFiles({ SYSTEMD_OPENPGP_KEYRING: '/k' }), none), {
    message:
      'No keyring to verify signatures with: looked for /k. Install one, give one with --keyring=, or pull with --verify=checksum.',
  });
});

test('a relative path is refused', () => {
  assert.throws(() => keyringFiles({ SYSTEMD_OPENPGP_KEYRING: 'k.pgp' }), {
    message: "SYSTEMD_OPENPGP_KEYRING is 'k.pgp', which is not an absolute path.",
  });
});
