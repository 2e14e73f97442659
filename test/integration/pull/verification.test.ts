import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { signedDirectory } from '../../support/images/fixtures.js';
import { needs } from '../../support/needs.js';
import { KeyRoom, type SigningOptions, type TestKey } from '../../support/servers/keys.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { tally } from '../../support/tally.js';
import { temporaryDirectory } from '../../support/temporary.js';
import {
  askForSignature,
  askToListIt,
  differentDigests,
  doesNotMatchChecksum,
  hashCanBeForged,
  installKeyring,
  listsOnly,
  nameOne,
  noChecksumFile,
  signatureDoesNotFit,
  signedByUnknownKey,
  wasBestBefore,
} from '../../support/texts/verification.js';

/** Where a case puts its files, and what it may sign with. */
interface Offer {
  digest: string;
  digest512: string;
  keys: KeyRoom;
  trusted: TestKey;
  rsa: TestKey;
  stranger: TestKey;
  expired: TestKey;
  revoked: TestKey;
  write(name: string, content: string | Buffer): void;
}

interface Case {
  what: string;
  verify: 'checksum' | 'signature';
  offer(offer: Offer): void;
  /** What is said when it fails, in full; undefined where it is to succeed. */
  says?: (offer: Offer) => string;
}

const zeros = '0'.repeat(64);
const gnu = (digest: string, name = 'tiny.raw') => `${digest}  ${name}\n`;
const keyName = ({ fingerprint, user }: TestKey) => `key ${fingerprint.slice(-16)} (${user})`;
const askAgain = 'Ask the publisher for a new signature, or install a newer keyring.';

/** Offers SHA256SUMS with a signature beside it. */
function signedList(key: 'trusted' | 'rsa' | 'stranger' | 'expired' | 'revoked', options: SigningOptions = {}) {
  return ({ write, keys, digest, ...all }: Offer) => {
    write('SHA256SUMS', gnu(digest));
    const { form = 'detached' } = options;
    const signature = keys.sign(all[key], gnu(digest), options);
    write({ detached: 'SHA256SUMS.gpg', clear: 'SHA256SUMS', inline: 'SHA256SUMS.gpg' }[form], signature);
  };
}

const mismatch = (file: string, algorithm: string, expected: string, found: string) =>
  `'tiny.raw' ${doesNotMatchChecksum(file, algorithm, expected, found)}.`;

const cases: Case[] = [
  { what: 'a right checksum', verify: 'checksum', offer: ({ write, digest }) => write('SHA256SUMS', gnu(digest)) },
  {
    what: 'a right sha512 checksum',
    verify: 'checksum',
    offer: ({ write, digest512 }) => write('SHA512SUMS', gnu(digest512)),
  },
  {
    what: 'a checksum file of its own, in BSD style, upper case, with carriage returns',
    verify: 'checksum',
    offer: ({ write, digest }) => write('tiny.raw.sha256', `SHA256 (tiny.raw) = ${digest.toUpperCase()}\r\n`),
  },
  {
    what: 'a bare digest without a newline',
    verify: 'checksum',
    offer: ({ write, digest }) => write('tiny.raw.sha256', digest),
  },
  {
    what: 'a wrong checksum',
    verify: 'checksum',
    offer: ({ write }) => write('SHA256SUMS', gnu(zeros)),
    says: ({ digest }) => mismatch('SHA256SUMS', 'sha256', zeros, digest),
  },
  {
    what: 'a wrong sha512 checksum',
    verify: 'checksum',
    offer: ({ write }) => write('tiny.raw.sha512', gnu(zeros + zeros)),
    says: ({ digest512 }) => mismatch('tiny.raw.sha512', 'sha512', zeros + zeros, digest512),
  },
  {
    what: 'a checksum file without the image',
    verify: 'checksum',
    offer: ({ write }) => write('SHA256SUMS', gnu(zeros, 'other.raw')),
    says: () => `Cannot verify 'tiny.raw': SHA256SUMS ${listsOnly('other.raw')}. ${askToListIt}`,
  },
  {
    what: 'two different checksums',
    verify: 'checksum',
    offer: ({ write, digest }) => write('SHA256SUMS', gnu(digest) + gnu(zeros)),
    says: ({ digest }) => `SHA256SUMS ${differentDigests('tiny.raw', `${digest}, ${zeros}`)}.`,
  },
  {
    what: 'no checksum file',
    verify: 'checksum',
    offer: () => undefined,
    says: () =>
      `Cannot verify 'tiny.raw': ${noChecksumFile('tiny.raw.sha256, SHA256SUMS, CHECKSUM and 14 other names')}. ${nameOne}`,
  },
  {
    what: 'a list that is past its best-before date',
    verify: 'checksum',
    offer: ({ write, digest }) => write('SHA256SUMS', gnu(digest) + gnu(zeros, 'BEST-BEFORE-2021-03-04')),
    says: () => `SHA256SUMS ${wasBestBefore('2021-03-04', new Date().toISOString().slice(0, 10))}.`,
  },
  {
    what: 'a list that is best before a day to come',
    verify: 'checksum',
    offer: ({ write, digest }) => write('SHA256SUMS', gnu(digest) + gnu(zeros, 'BEST-BEFORE-2999-01-01')),
  },
  { what: 'a good signature', verify: 'signature', offer: signedList('trusted') },
  {
    what: 'a good armored signature',
    verify: 'signature',
    offer: ({ write, keys, trusted, digest }) => {
      write('SHA256SUMS', gnu(digest));
      write('SHA256SUMS.asc', keys.sign(trusted, gnu(digest), { armor: true }));
    },
  },
  { what: 'a clear-signed list', verify: 'signature', offer: signedList('trusted', { form: 'clear' }) },
  { what: 'an inline-signed list', verify: 'signature', offer: signedList('trusted', { form: 'inline' }) },
  {
    what: 'no signature',
    verify: 'signature',
    offer: ({ write, digest }) => write('SHA256SUMS', gnu(digest)),
    says: () =>
      `Cannot verify 'tiny.raw': SHA256SUMS is not signed (SHA256SUMS.gpg, SHA256SUMS.asc, SHA256SUMS.sign, SHA256SUMS.sig not found). ${askForSignature}`,
  },
  {
    what: 'a signature by a stranger',
    verify: 'signature',
    offer: signedList('stranger'),
    says: ({ stranger }) =>
      `Cannot verify 'tiny.raw': SHA256SUMS.gpg ${signedByUnknownKey(stranger.fingerprint.slice(-16))} (KEYRINGS). ${installKeyring}`,
  },
  {
    what: 'a signature by a key that has expired',
    verify: 'signature',
    offer: signedList('expired', { at: '20200115T000000' }),
    says: ({ expired }) => `SHA256SUMS.gpg is signed by ${keyName(expired)}, which expired on 2020-02-01. ${askAgain}`,
  },
  {
    what: 'a signature by a key that was revoked',
    verify: 'signature',
    offer: signedList('revoked', { at: '20200115T000000' }),
    says: ({ revoked }) =>
      `SHA256SUMS.gpg is signed by ${keyName(revoked)}, which was revoked on 2020-01-01. ${askAgain}`,
  },
  {
    what: 'a SHA-1 signature',
    verify: 'signature',
    offer: signedList('rsa', { digest: 'SHA1' }),
    says: ({ rsa }) => `SHA256SUMS.gpg is signed by ${keyName(rsa)}, ${hashCanBeForged('SHA1')}. ${askAgain}`,
  },
  {
    what: 'a checksum file that was changed after it was signed',
    verify: 'signature',
    offer: ({ write, keys, trusted, digest }) => {
      write('SHA256SUMS', gnu(digest));
      write('SHA256SUMS.gpg', keys.sign(trusted, gnu(zeros)));
    },
    says: ({ trusted }) => signatureDoesNotFit('SHA256SUMS.gpg', keyName(trusted), 'SHA256SUMS'),
  },
  {
    what: 'a signed checksum that is wrong',
    verify: 'signature',
    offer: ({ write, keys, trusted }) => {
      write('SHA256SUMS', gnu(zeros));
      write('SHA256SUMS.gpg', keys.sign(trusted, gnu(zeros)));
    },
    says: ({ digest }) => mismatch('SHA256SUMS', 'sha256', zeros, digest),
  },
];

test('verification, from what is served to what is said', async (t) => {
  if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['gpg'] })) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  using keys = new KeyRoom();
  const offer = makeOffer(keys, readFileSync(join(release.path, 'tiny.raw')));
  const served = directory.file('cases');
  const writer = (index: number) => (name: string, content: string | Buffer) =>
    writeFileSync(join(served, String(index), name), content);
  for (const [index, each] of cases.entries()) {
    mkdirSync(join(served, String(index)), { recursive: true });
    linkSync(join(release.path, 'tiny.raw'), join(served, String(index), 'tiny.raw'));
    each.offer({ ...offer, write: writer(index) });
  }
  keys.revoke(offer.revoked);
  const keyring = directory.file('trusted.pgp');
  writeFileSync(keyring, keys.export([offer.trusted, offer.rsa, offer.expired, offer.revoked]));
  await using server = await nginx(t, served);
  await using host = await ferryHost(t);
  for (const [index, { what, verify, says }] of cases.entries()) {
    await t.test(`${what} makes --verify=${verify} ${says ? 'fail and place nothing' : 'succeed'}`, async () => {
      tally('verification cases');
      const url = `${server.url}/${index}/tiny.raw`;
      const options = ['--keep-download=no', `--keyring=${keyring}`, `--verify=${verify}`];
      const { status, stdout, stderr } = await host.ferryctl(['pull-raw', '-m', ...options, url, `image${index}`]);
      assert.equal(status, says ? 6 : 0, stderr);
      assert.deepEqual(host.images(), says ? [] : [`image${index}.raw`]);
      if (says) {
        const message = stderr.split('\n').findLast((line) => line.startsWith('Failed'));
        // Which keyrings there are beside the one that is given depends on the machine.
        const found = message?.replace(
          /in none of the keyrings \(.*--keyring=\)/,
          'in none of the keyrings (KEYRINGS)',
        );
        assert.equal(found, `Failed to pull the image: ${says({ ...offer, write: writer(index) })}`);
        return;
      }
      assert.match(stdout + stderr, new RegExp(verify));
      rmSync(join(host.imageRoot, `image${index}.raw`));
    });
  }
});

test('a keyring that cannot be read is named', async (t) => {
  if (!needsProduct(t) || !needsNginx(t)) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  await using server = await nginx(t, release.path);
  await using host = await ferryHost(t);
  const { status, stderr } = await host.ferryctl(['pull-raw', '--keyring=/no/such/keyring', `${server.url}/tiny.raw`]);
  assert.equal(status, 3);
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
  assert.equal(refused.status, 6);
  assert.deepEqual(host.images(), []);
  const pulled = await host.ferryctl(['pull-raw', '-m', `--keyring=${directory.keyring}`, url]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.match(pulled.stdout + pulled.stderr, /signature/);
});

function makeOffer(keys: KeyRoom, image: Buffer): Omit<Offer, 'write'> {
  const old = ['ed25519', '20200201T000000', '20200101T000000'] as const;
  const digest = (algorithm: string) => createHash(algorithm).update(image).digest('hex');
  return {
    digest: digest('sha256'),
    digest512: digest('sha512'),
    keys,
    trusted: keys.createKey('trusted@ferry.invalid'),
    rsa: keys.createKey('rsa@ferry.invalid', 'rsa2048'),
    stranger: keys.createKey('stranger@ferry.invalid'),
    expired: keys.createKey('expired@ferry.invalid', ...old),
    revoked: keys.createKey('revoked@ferry.invalid', 'ed25519', 'never', '20200101T000000'),
  };
}
