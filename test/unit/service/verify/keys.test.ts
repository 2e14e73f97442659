import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from 'openpgp';
import { readTrustedKeys } from '../../../../service/verify/trusted-keys.js';

const begin = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
const end = '-----END PGP PUBLIC KEY BLOCK-----';

test('a keyring whose armor is damaged is told by its path', async () => {
  // Without the empty line before the bytes.
  const bytes = Buffer.from([begin, 'mDMEAAAAAA==', end, ''].join('\n'));
  await assert.rejects(readTrustedKeys([{ path: '/etc/keys.pgp', bytes }]), {
    kind: 'VerificationFailed',
    facts: { file: '/etc/keys.pgp' },
    message: "The keyring /etc/keys.pgp has damaged armor: export its keys again with 'gpg --armor --export'.",
  });
});

test('an optional keyring without a key that can be read does not get in the way of the others', async () => {
  const { publicKey } = await generateKey({ userIDs: [{ name: 'Images' }], format: 'object' });
  const own = { path: 'own.asc', bytes: Buffer.from(publicKey.armor()) };
  // A key packet of a version that nobody knows, damaged armor, and a keybox.
  const unreadable = [
    Buffer.of(0xc6, 3, 99, 0, 0),
    Buffer.from([begin, 'mDMEAAAAAA==', end, ''].join('\n')),
    Buffer.concat([Buffer.alloc(8), Buffer.from('KBXf')]),
  ];
  for (const bytes of unreadable) {
    const keyring = { path: '/usr/share/keys.asc', bytes };
    const keys = await readTrustedKeys([{ ...keyring, isOptional: true }, own]);
    assert.deepEqual(
      keys.openpgp.map((key) => key.getFingerprint()),
      [publicKey.getFingerprint()],
    );
    await assert.rejects(readTrustedKeys([keyring, own]), { kind: 'VerificationFailed' });
  }
});
