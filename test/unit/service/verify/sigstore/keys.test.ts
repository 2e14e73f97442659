import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { isSignedBy, readSigstoreKeys } from '../../../../../service/verify/sigstore/keys.js';
import { signBytes, signingKey } from '../../../../support/registry/signatures.js';

test('Keys of a file are read one by one, and what is none is passed over', () => {
  const [one, two] = [signingKey(), signingKey('ed25519')];
  const damaged = one.pem.replace(/\n[A-Za-z0-9+/=]{10}/, '\nAAAAAAAAAA');
  const keys = readSigstoreKeys(`a comment\n${one.pem}${damaged}${two.pem}`);
  assert.deepEqual(
    keys.map(({ fingerprint, problem }) => [fingerprint, problem]),
    [
      [one.fingerprint, undefined],
      [two.fingerprint, undefined],
    ],
  );
});

test('Keys that can be broken, or are of other kinds, sign nothing that counts', () => {
  const weak = signingKey('RSA', 1024);
  const [key] = readSigstoreKeys(weak.pem);
  assert.equal(key?.problem, 'which is an RSA key of 1024 bits, and can be broken');
  const content = Buffer.from('x');
  assert.equal(key && isSignedBy(key, content, Buffer.from(signBytes(weak, content), 'base64')), false);
  const { publicKey } = generateKeyPairSync('x25519');
  const [other] = readSigstoreKeys(publicKey.export({ type: 'spki', format: 'pem' }).toString());
  assert.equal(other?.problem, 'which is of the kind x25519, and not ECDSA, Ed25519 or RSA as sigstore has it');
});
