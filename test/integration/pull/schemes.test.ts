import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Ed25519Key } from '../../support/catalogues/ed25519.js';
import { needs } from '../../support/needs.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { authority, CertificateRoom } from '../../support/servers/signing-certificates.js';
import { SshRoom } from '../../support/servers/ssh-keys.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

// Lists of checksums whose signature is in the list itself, or carries its key.

/** Pulls tiny.raw beside these files, once as they are and once with another digest in the list, which must place nothing. */
async function pullWith(
  t: TestContext,
  keyring: Buffer,
  files: (list: Buffer) => Record<string, Buffer>,
): Promise<void> {
  const directory = temporaryDirectory(t);
  const { path } = makeRelease(directory.path);
  const digest = createHash('sha256')
    .update(readFileSync(join(path, 'tiny.raw')))
    .digest('hex');
  const offered = files(Buffer.from(`${digest}  tiny.raw\n`));
  rmSync(join(path, 'SHA256SUMS'));
  for (const [name, bytes] of Object.entries(offered)) writeFileSync(join(path, name), bytes);
  writeFileSync(directory.file('keyring'), keyring);
  await using server = await nginx(t, path);
  await using host = await ferryHost(t);
  const options = ['-m', '--verify=signature', '--keep-download=no', `--keyring=${directory.file('keyring')}`];
  const pulled = await host.ferryctl(['pull-raw', ...options, `${server.url}/tiny.raw`, 'good']);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.deepEqual(host.images(), ['good.raw']);
  const list = offered['SHA256SUMS']?.toString('latin1').replace(
    digest,
    digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  );
  writeFileSync(join(path, 'SHA256SUMS'), Buffer.from(list ?? '', 'latin1'));
  const refused = await host.ferryctl(['pull-raw', ...options, `${server.url}/tiny.raw`, 'bad']);
  assert.equal(refused.status, 6);
  assert.match(refused.stderr, /SHA256SUMS/);
  assert.deepEqual(host.images(), ['good.raw']);
}

test('a list embedded in a signature of signify is verified by its public key', async (t) => {
  if (!needsProduct(t) || !needsNginx(t)) return;
  const key = new Ed25519Key();
  await pullWith(t, key.publicFile('publisher public key'), (list) => ({
    SHA256SUMS: Buffer.concat([key.signify(list), list]),
  }));
});

for (const form of ['detached', 'clear-signed'] as const) {
  test(`a ${form} list is verified by a subkey that its signature carries and the keyring lacks`, async (t) => {
    if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['gpg', 'gpgconf'] })) return;
    using room = new KeyRoom();
    const key = room.createKey('Publisher <publisher@example.com>');
    const ring = room.export([key]);
    const subkey = room.addSubkey(key);
    const sign = (list: Buffer, ...options: string[]) =>
      room.gpg(['--include-key-block', '--armor', '--local-user', `${subkey}!`, ...options], list);
    await pullWith(t, ring, (list) =>
      form === 'detached'
        ? { SHA256SUMS: list, 'SHA256SUMS.asc': sign(list, '--detach-sign') }
        : { SHA256SUMS: sign(list, '--clear-sign') },
    );
  });
}

test('a list signed by ssh-keygen is verified by a file of allowed signers', async (t) => {
  if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['ssh-keygen'] })) return;
  using room = new SshRoom();
  const key = room.createKey('ed25519');
  const signers = Buffer.from(`publisher@example.com namespaces="file" ${key.line}\n`);
  await pullWith(t, signers, (list) => ({
    SHA256SUMS: list,
    'SHA256SUMS.sig': room.sign(key, list),
  }));
});

test('a list signed with PKCS#7 is verified by the certificate of the authority', async (t) => {
  if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['openssl'] })) return;
  using room = new CertificateRoom();
  const root = room.create('Publisher', { extensions: authority });
  const signer = room.create('Release', { issuer: root });
  await pullWith(t, Buffer.from(root.pem), (list) => ({
    SHA256SUMS: list,
    'SHA256SUMS.p7s': room.sign('cms', signer, list),
  }));
});
