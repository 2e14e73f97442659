import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { readTrustedCertificates } from '../../../../../service/verify/pkcs7/trusted.js';
import { needs } from '../../../../support/needs.js';
import { CertificateRoom } from '../../../../support/servers/signing-certificates.js';

describe('certificates in files', () => {
  test('PEM with text around it, several, and DER', (t) => {
    if (!needs(t, { programs: ['openssl'] })) return;
    using room = new CertificateRoom();
    const [one, other] = [room.create('one'), room.create('other', { key: ['ED25519'] })];
    const names = (bytes: Buffer | string) => subjects(Buffer.from(bytes), String(bytes));
    const subjects = (bytes: Buffer, text: string) =>
      readTrustedCertificates(bytes, text).map(({ subject }) => subject);
    assert.deepEqual(names(`Some text\n${one.pem}more\n${other.pem}`), ['CN=one', 'CN=other']);
    assert.deepEqual(subjects(new X509Certificate(one.pem).raw, ''), ['CN=one']);
    assert.deepEqual(names(one.pem.replaceAll('\n', '\r\n')), ['CN=one']);
    const spoilt = `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`;
    assert.deepEqual(names(spoilt + one.pem), ['CN=one']);
  });

  test('what is not a certificate adds none', () => {
    for (const text of ['', '0', '\x30\x82', '-----BEGIN CERTIFICATE-----', '<html>']) {
      assert.deepEqual(readTrustedCertificates(Buffer.from(text, 'latin1'), text), [], text);
    }
  });
});
