import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { mayBeCopied, readTrustedKeyrings, verificationUnder } from '../../../../../service/transfers/kinds/trust.js';
import { parseEntries } from '../../../../../service/verify/trust/entry.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { noSuchFile } from '../../../../support/texts/common.js';
import { cannotReadKeyringOf } from '../../../../support/texts/trust.js';
import { fakeHost } from '../fake-workers.js';

const minisign = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
const openssh = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKv6hYpvVEOU1TFsBJPxNCMcSyPfhTAiFTzsJjqnXlHv me';

test('the keyrings of an entry count, and not the general ones: files beside it, absolute ones, keys in it', async (t) => {
  const place = temporaryDirectory(t);
  const host = fakeHost(place.file('run'), {});
  host.environment['SYSTEMD_OPENPGP_KEYRING'] = place.file('general.pgp');
  writeFileSync(place.file('general.pgp'), 'general');
  writeFileSync(place.file('own.asc'), 'own');
  const path = place.file('x.conf');
  const read = async (...keyrings: string[]) => {
    const [entry] = parseEntries(
      'x',
      path,
      `[Trust]\nURL=h.example\n${keyrings.map((text) => `Keyring=${text}\n`).join('')}`,
    );
    const found = await readTrustedKeyrings(host, entry, [Buffer.from('given')]);
    return found.map(({ path: from, base64 }) => [from, Buffer.from(base64, 'base64').toString()]);
  };
  const given = ['of --keyring=', 'given'];
  assert.deepEqual(await read(), [[place.file('general.pgp'), 'general'], given]);
  assert.deepEqual(await read('own.asc', '-missing.asc', place.file('own.asc'), minisign, openssh), [
    [place.file('own.asc'), 'own'],
    [place.file('own.asc'), 'own'],
    [`${path}:6`, `${minisign}\n`],
    [`${path}:7`, `${openssh}\n`],
    given,
  ]);
  await assert.rejects(read('missing.asc'), {
    kind: 'FileSystemError',
    message: cannotReadKeyringOf(place.file('missing.asc'), `${path}:3`, `${noSuchFile} (ENOENT)`),
    facts: { path: place.file('missing.asc'), errorName: 'ENOENT' },
  });
  mkdirSync(place.file('directory.asc'));
  await assert.rejects(read('-directory.asc'), { kind: 'FileSystemError' });
});

test('an entry all of whose keyrings are optional and missing gives no keys', async (t) => {
  const place = temporaryDirectory(t);
  const path = place.file('x.conf');
  const [entry] = parseEntries('x', path, '[Trust]\nURL=h.example\nKeyring=-a.asc\nKeyring=-/nowhere/b.asc\n');
  await assert.rejects(readTrustedKeyrings(fakeHost(place.file('run'), {}), entry, []), {
    kind: 'VerificationFailed',
    message: `Cannot verify signatures: none of the keyrings of ${path} exists (${place.file('a.asc')}, /nowhere/b.asc); install one of them`,
  });
});

const digest = `sha256:${'ab'.repeat(32)}`;
const copy = (verification: 'no' | 'checksum' | 'signature' | 'digest') => {
  return { sha256: 'ab'.repeat(32), bytes: 1, verification } as const;
};

test('the digest of the caller reaches the minimum of an entry for the image, and for no other file', () => {
  const [entry] = parseEntries('x', '/x.conf', '[Trust]\nURL=h.example\nVerify=signature\n');
  const [lax] = parseEntries('x', '/x.conf', '[Trust]\nURL=h.example\n');
  for (const verification of ['no', 'checksum', 'signature'] as const) {
    assert.equal(verificationUnder(entry, { verification, digest }), 'signature');
    for (const each of [lax, undefined]) assert.equal(verificationUnder(each, { verification, digest }), verification);
    assert.equal(verificationUnder(entry, { verification }), verification);
  }
});

test('where an entry has a minimum, a copy that came by a digest is used again only with that digest', () => {
  const [entry] = parseEntries('x', '/x.conf', '[Trust]\nURL=h.example\nVerify=checksum\n');
  const asked = { verification: 'checksum' } as const;
  assert.equal(mayBeCopied(entry, copy('digest'), asked), false);
  assert.equal(mayBeCopied(entry, copy('checksum'), asked), true);
  assert.equal(mayBeCopied(entry, copy('checksum'), { verification: 'signature' }), false);
  for (const verification of ['no', 'digest', 'signature'] as const) {
    assert.equal(mayBeCopied(entry, copy(verification), { ...asked, digest }), true);
    assert.equal(mayBeCopied(undefined, copy(verification), asked), true);
  }
  assert.equal(mayBeCopied(entry, copy('no'), { ...asked, digest: `sha256:${'0'.repeat(64)}` }), false);
  assert.equal(mayBeCopied(entry, undefined, { ...asked, digest }), false);
});
