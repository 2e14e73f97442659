import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprintOf } from '../../../../../service/verify/openssh/key.js';
import { readTrustedSshKeys } from '../../../../../service/verify/openssh/trusted.js';
import { judge } from '../../../../support/signatures/openssh.js';
import { armor, tokenLine, tokens, unarmor } from '../../../../support/signatures/openssh-crafted.js';

describe('keys in files', () => {
  const at = (text: string) =>
    readTrustedSshKeys(text).map(({ key: { type, fingerprint }, user, isAuthority }) => ({
      type,
      fingerprint,
      user,
      isAuthority,
    }));
  const [ed25519, ecdsa] = [tokens.ed25519, tokens.ecdsa];
  const fingerprint = fingerprintOf(ed25519.blob);
  const only = (user: string) => [{ type: ed25519.type, fingerprint, user, isAuthority: false }];

  test('as in a .pub file, with and without a comment', () => {
    assert.deepEqual(at(`${ed25519.line} someone@example.com and more\n`), only('someone@example.com and more'));
    assert.deepEqual(at(`${ed25519.line}\r\n`), only('no comment'));
    assert.deepEqual(at(`\n# comment\n  ${ed25519.line}   one \u202e two`), only('one \\u202e two'));
  });

  test('signatures by such a key count', async () => {
    assert.equal(await judge(ed25519.sign(1), `${ed25519.line}\n`), 'good');
    assert.equal(await judge(ecdsa.sign(1), `${ed25519.line}\n${ecdsa.line}\n`), 'good');
  });

  test('an authority is never trusted by a line that says so in the place of principals', () => {
    // In authorized_keys(5) this is a certificate authority, for ssh-keygen(1) a principal with that name.
    for (const option of ['cert-authority', 'restrict', 'no-pty', 'from="10.0.0.1"', 'cert-authority,no-pty']) {
      assert.deepEqual(at(`${option} ${ed25519.line}\n`), [], option);
    }
  });

  test('a comment inside armor adds no key', () => {
    for (const label of ['PGP PUBLIC KEY BLOCK', 'CERTIFICATE']) {
      const block = `-----BEGIN ${label}-----\nComment: ${ed25519.line}\n\nmDM=\n${ed25519.line}\n-----END ${label}-----\n`;
      assert.deepEqual(at(block), [], label);
      assert.deepEqual(at(`${block}${ed25519.line} after\n`), only('after'), label);
    }
  });

  test('what is not a key adds none', () => {
    const base64 = ed25519.line.split(' ')[1] ?? '';
    for (const text of [
      '',
      'ssh-ed25519',
      `ssh-ed25519 ${base64}`,
      `${ed25519.type} ${base64.slice(0, -8)}`,
      `${ed25519.type} ${base64}AAAA`,
      `${ed25519.type} !${base64}`,
      `me "open ${ed25519.line}`,
      `me namespaces=file ${ed25519.line}`,
      `me namespaces="file" valid-before="20300101" ${ed25519.line}`,
      'ssh-dss AAAAB3NzaC1kc3MAAAAA',
      `<html><body>${ed25519.line}</body></html>`,
    ]) {
      assert.deepEqual(at(text), [], text);
    }
  });
});

describe('damaged signatures', () => {
  const token = tokens.ed25519;
  const whole = token.sign(1);
  const trusted = tokenLine(token)();

  test('cut anywhere, or changed anywhere, none is good', async () => {
    const bytes = unarmor(whole);
    for (let at = 0; at < bytes.length; at++) {
      assert.notEqual(await judge(armor(bytes.subarray(0, at)), trusted), 'good', `cut at ${at}`);
      // The version may be any up to the current one.
      if (at === 9) continue;
      for (const bit of [1, 128]) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ bit, at);
        assert.notEqual(await judge(armor(changed), trusted), 'good', `bit ${bit} of byte ${at}`);
      }
    }
    for (let at = 0; at < whole.length - 3; at++) {
      const isComplete = whole.subarray(0, at).includes('-----END SSH SIGNATURE-----');
      assert.equal((await judge(whole.subarray(0, at), trusted)) === 'good', isComplete, `cut at ${at}`);
    }
  });

  test('bytes after the end, and other forms, are not signatures', async () => {
    const [bytes, text] = [unarmor(whole), whole.toString()];
    for (const file of [
      Buffer.alloc(0),
      Buffer.from('-----BEGIN SSH SIGNATURE-----\n'),
      Buffer.from('-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n'),
      Buffer.from('<html>'),
      armor(Buffer.concat([bytes, Buffer.alloc(1)])),
      Buffer.from(` ${text}`),
      Buffer.from(text.replaceAll('\n', '\r\n')),
      Buffer.from(text.replace('U1NI', 'U1N*')),
      Buffer.from(text.replace('SSH SIGNATURE', 'PGP SIGNATURE')),
      bytes,
    ]) {
      assert.equal(await judge(file, trusted), 'not a signature', file.toString());
    }
  });

  test('lengths that reach beyond the end', async () => {
    const bytes = unarmor(whole);
    for (const at of [10, 14]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt32BE(0xffff_ffff, at);
      assert.notEqual(await judge(armor(changed), trusted), 'good');
    }
  });
});
