import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { signedDirectory } from '../../support/fixtures.js';
import { KeyRoom, type TestKey } from '../../support/keys.js';
import { needs } from '../../support/needs.js';
import { needsNginx, nginx } from '../../support/nginx.js';
import { makeRelease } from '../../support/release.js';
import { ferryHost, needsProduct } from '../../support/service.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** What a case may change, and what it may sign with. */
interface Offer {
  /** Path of a file that is served. */
  file(name: string): string;
  digest: string;
  keys: KeyRoom;
  trusted: TestKey;
  stranger: TestKey;
  /** Writes SHA256SUMS.gpg over SHA256SUMS. */
  sign(key: TestKey): void;
}

interface Case {
  what: string;
  verify: 'checksum' | 'signature';
  change(offer: Offer): void;
  /** What is said when it fails: each has to be there. Undefined where it is to succeed. */
  says?: (offer: Offer) => (string | RegExp)[];
}

const zeros = '0'.repeat(64);

const cases: Case[] = [
  { what: 'a right checksum', verify: 'checksum', change: () => {} },
  {
    what: 'a wrong checksum',
    verify: 'checksum',
    change: ({ file }) => writeFileSync(file('SHA256SUMS'), `${zeros}  tiny.raw\n`),
    says: ({ digest }) => ['tiny.raw', 'SHA256SUMS', zeros, digest],
  },
  {
    what: 'a checksum file without the image',
    verify: 'checksum',
    change: ({ file }) => writeFileSync(file('SHA256SUMS'), `${zeros}  other.raw\n`),
    says: () => ['tiny.raw', 'SHA256SUMS', /not list|no line|unlisted|does not/i],
  },
  {
    what: 'no checksum file',
    verify: 'checksum',
    change: ({ file }) => rmSync(file('SHA256SUMS')),
    says: () => ['tiny.raw.sha256', 'SHA256SUMS'],
  },
  {
    what: 'a checksum file of its own, in BSD style, upper case, with carriage returns',
    verify: 'checksum',
    change: ({ file, digest }) => {
      rmSync(file('SHA256SUMS'));
      writeFileSync(file('tiny.raw.sha256'), `SHA256 (tiny.raw) = ${digest.toUpperCase()}\r\n`);
    },
  },
  { what: 'a good signature', verify: 'signature', change: ({ sign, trusted }) => sign(trusted) },
  {
    what: 'a good armored signature',
    verify: 'signature',
    change: ({ file, keys, trusted }) =>
      writeFileSync(file('SHA256SUMS.asc'), keys.sign(trusted, readFileSync(file('SHA256SUMS')), { armor: true })),
  },
  {
    what: 'no signature',
    verify: 'signature',
    change: () => {},
    says: () => ['SHA256SUMS.gpg'],
  },
  {
    what: 'a signature by a stranger',
    verify: 'signature',
    change: ({ sign, stranger }) => sign(stranger),
    says: ({ stranger }) => [/key/i, stranger.fingerprint.slice(-16)],
  },
  {
    what: 'a checksum file that was changed after it was signed',
    verify: 'signature',
    change: ({ file, sign, trusted, digest }) => {
      writeFileSync(file('SHA256SUMS'), `${zeros}  tiny.raw\n`);
      sign(trusted);
      writeFileSync(file('SHA256SUMS'), `${digest}  tiny.raw\n`);
    },
    says: () => ['SHA256SUMS'],
  },
  {
    what: 'a signed checksum that is wrong',
    verify: 'signature',
    change: ({ file, sign, trusted }) => {
      writeFileSync(file('SHA256SUMS'), `${zeros}  tiny.raw\n`);
      sign(trusted);
    },
    says: ({ digest }) => ['tiny.raw', zeros, digest],
  },
];

for (const { what, verify, change, says } of cases) {
  test(`${what} makes --verify=${verify} ${says === undefined ? 'succeed' : 'fail and place nothing'}`, async (t) => {
    if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['gpg'] })) return;
    await using directory = temporaryDirectory();
    const release = makeRelease(directory.path);
    const offer = makeOffer(release.path, directory.file('trusted.pgp'));
    using _ = offer.keys;
    change(offer);
    await using server = await nginx(t, release.path);
    await using host = await ferryHost(t);
    const keyring = `--keyring=${directory.file('trusted.pgp')}`;
    const { status, stdout, stderr } = await host.ferryctl([
      'pull-raw',
      '-m',
      keyring,
      `--verify=${verify}`,
      `${server.url}/tiny.raw`,
    ]);
    if (says === undefined) {
      assert.equal(status, 0, stderr);
      assert.match(stdout + stderr, new RegExp(verify));
      assert.ok(host.images().includes('tiny.raw'));
      return;
    }
    assert.equal(status, 1, stderr);
    assert.deepEqual(host.images(), []);
    const message = stderr.split('\n').findLast((line) => line.startsWith('Failed')) ?? '';
    for (const fact of says(offer)) {
      assert.ok(typeof fact === 'string' ? message.includes(fact) : fact.test(message), `${fact} is not in: ${stderr}`);
    }
  });
}

test('a keyring that cannot be read is named', async (t) => {
  if (!needsProduct(t) || !needsNginx(t)) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  await using server = await nginx(t, release.path);
  await using host = await ferryHost(t);
  const { status, stderr } = await host.ferryctl(['pull-raw', '--keyring=/no/such/keyring', `${server.url}/tiny.raw`]);
  assert.equal(status, 1);
  assert.match(stderr, /\/no\/such\/keyring/);
});

test('a real image is verified by the signature of its SHA256SUMS', async (t) => {
  if (!needsProduct(t) || !needsNginx(t)) return;
  const directory = signedDirectory(t);
  if (directory === undefined) return;
  await using server = await nginx(t, directory.path);
  await using host = await ferryHost(t);
  const url = `${server.url}/grub-rescue-floppy.img`;
  const refused = await host.ferryctl(['pull-raw', '-m', `--keyring=${directory.strangerKeyring}`, url]);
  assert.equal(refused.status, 1);
  assert.deepEqual(host.images(), []);
  const pulled = await host.ferryctl(['pull-raw', '-m', `--keyring=${directory.keyring}`, url]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.match(pulled.stdout + pulled.stderr, /signature/);
});

function makeOffer(served: string, keyring: string): Offer {
  const keys = new KeyRoom();
  const trusted = keys.createKey('trusted@ferry.invalid');
  const stranger = keys.createKey('stranger@ferry.invalid');
  writeFileSync(keyring, keys.export([trusted]));
  const file = (name: string) => join(served, name);
  return {
    file,
    keys,
    trusted,
    stranger,
    digest: createHash('sha256')
      .update(readFileSync(file('tiny.raw')))
      .digest('hex'),
    sign: (key) => writeFileSync(file('SHA256SUMS.gpg'), keys.sign(key, readFileSync(file('SHA256SUMS')))),
  };
}
