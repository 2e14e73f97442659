import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrustedKeys } from '../../../../service/verify/trusted-keys.js';

const begin = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
const end = '-----END PGP PUBLIC KEY BLOCK-----';

test('a keyring whose armor is damaged is told by its path', async () => {
  // Without the empty line before the bytes.
  const bytes = Buffer.from([begin, 'mDMEAAAAAA==', end, ''].join('\n'));
  await assert.rejects(readTrustedKeys([{ path: '/etc/keys.pgp', bytes }]), {
    kind: 'VerificationFailed',
    facts: { file: '/etc/keys.pgp', expected: null, found: null },
    message: "The keyring /etc/keys.pgp has damaged armor: export its keys again with 'gpg --armor --export'.",
  });
});
