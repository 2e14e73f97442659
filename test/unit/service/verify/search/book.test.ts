import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { createMessage, generateKey, sign as signMessage } from 'openpgp';
import { Failure } from '../../../../../common/failure.js';
import { ContentHashes } from '../../../../../service/verify/detached.js';
import { gatherProof, type ProofRequest } from '../../../../../service/verify/proof.js';
import { Publisher, type SigningForm } from '../../../../support/catalogues/publisher.js';
import {
  askForSignature,
  installKeyring,
  listsOnly,
  nameOne,
  noChecksumFile,
} from '../../../../support/texts/verification.js';

// What is found where beside an image, and whose signature counts: what catalogues publish is in catalogues.test.ts.

const image = Buffer.alloc(5000, 1);
const name = 'disk.raw';
const sha256 = createHash('sha256').update(image).digest('hex');
const other = '0'.repeat(64);
const list = (digest: string, file = name) => `${digest}  ${file}\n`;
const openpgp: SigningForm = { scheme: 'openpgp', form: 'binary', file: name };
const minisign: SigningForm = { scheme: 'minisign', form: 'binary', file: name };

type Files = Readonly<Record<string, string | Buffer>>;

let publisher: Publisher;

before(async () => {
  publisher = await Publisher.create();
});

const sign = (content: string | Buffer, form: SigningForm) => publisher.sign(Buffer.from(content), form);

interface Outcome {
  /** "ok", or why the image is not what it must be. */
  readonly says: string;
  readonly signedBy: string | undefined;
  readonly asked: readonly string[];
}

async function attempt(files: Files, more: Partial<ProofRequest> = {}, bytes = image): Promise<Outcome> {
  const asked: string[] = [];
  const keyrings = [
    { path: '/keys/openpgp', bytes: publisher.keyring('openpgp') },
    { path: '/keys/minisign', bytes: publisher.keyring('minisign') },
  ];
  const fetchSmall = async (url: string) => {
    const found = url.replace('http://example.com/images/', '');
    asked.push(found);
    const file = files[found];
    return file === undefined ? undefined : Buffer.from(file);
  };
  const url = `http://example.com/images/${name}`;
  const request = {
    url,
    verification: 'signature',
    keyrings,
    fetchSmall,
    now: new Date(),
    onNotice: () => {},
  } as const;
  try {
    const proof = await gatherProof({ ...request, ...more });
    const hashes = new ContentHashes(proof.wanted);
    hashes.update(bytes);
    const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
    const digests = { sha256: digest('sha256'), sha512: digest('sha512'), wanted: hashes.digests() };
    const checked = await proof.check(name, digests);
    if (checked.isErr()) throw checked.error;
    return { says: 'ok', signedBy: proof.signedBy && publisher.withoutKeys(proof.signedBy.fingerprint), asked };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { says: publisher.withoutKeys(error.message), signedBy: undefined, asked };
  }
}

describe('signatures over the image itself', () => {
  test('one vouches for these bytes and no others, and its key is told of', async () => {
    const files = { 'disk.raw.sig': await sign(image, openpgp) };
    const { says, signedBy } = await attempt(files);
    assert.deepEqual([says, signedBy], ['ok', 'FINGERPRINT-trusted']);
    for (const at of [0, image.length - 1]) {
      const changed = Buffer.from(image);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.match((await attempt(files, {}, changed)).says, /^The signature disk\.raw\.sig by key KEY-trusted/);
    }
    assert.match((await attempt(files, {}, image.subarray(1))).says, /^The signature disk\.raw\.sig by key/);
  });

  test('one by an unknown key does not hide one by a trusted key', async () => {
    const stranger = await publisher.sign(image, openpgp, 'unknown');
    assert.equal((await attempt({ 'disk.raw.asc': stranger, 'disk.raw.sig': await sign(image, openpgp) })).says, 'ok');
    assert.match((await attempt({ 'disk.raw.asc': stranger })).says, /disk\.raw\.asc is signed by key KEY-unknown/);
  });

  test('a bad one beside a good one fails', async () => {
    const bad = await sign('something else', openpgp);
    const { says } = await attempt({ 'disk.raw.sig': await sign(image, openpgp), 'disk.raw.asc': bad });
    assert.match(says, /^The signature disk\.raw\.asc by key KEY-trusted .* is not one of disk\.raw: /);
  });

  test('one vouches for the image although a checksum file is not signed', async () => {
    const files = { SHA256SUMS: list(other), 'disk.raw.minisig': await sign(image, minisign) };
    assert.deepEqual((await attempt(files)).signedBy, 'KEY-trusted');
  });
});

describe('lists that disagree', () => {
  test('are refused where neither is signed', async () => {
    const files = { SHA256SUMS: list(sha256), CHECKSUM: list(other) };
    assert.equal(
      (await attempt(files, { verification: 'checksum' })).says,
      `Cannot verify 'disk.raw': SHA256SUMS and CHECKSUM list different digests (${sha256}, ${other}). Ask the publisher which is right, or give it with --digest=.`,
    );
    const same = { SHA256SUMS: list(sha256), CHECKSUM: list(sha256), 'disk.raw.sha512': list('0'.repeat(128)) };
    assert.equal((await attempt(same, { verification: 'checksum' })).says, 'ok');
  });

  test('the signed one counts', async () => {
    const files = {
      'disk.raw.sha256': list(other),
      SHA256SUMS: list(sha256),
      'SHA256SUMS.sign': await sign(list(sha256), openpgp),
    };
    assert.equal((await attempt(files)).says, 'ok');
  });
});

test('a signature by an unknown key does not hide another one by a trusted key', async () => {
  const stranger = await publisher.sign(Buffer.from(list(sha256)), openpgp, 'unknown');
  const files = {
    SHA256SUMS: list(sha256),
    'SHA256SUMS.asc': stranger,
    'SHA256SUMS.minisig': await sign(list(sha256), minisign),
  };
  assert.equal((await attempt(files)).says, 'ok');
});

describe('a checksum file that the caller names', () => {
  test('is the only one that counts, with its signature', async () => {
    const files = {
      SHA256SUMS: list(other),
      'digests.txt': list(sha256),
      'digests.txt.asc': await sign(list(sha256), openpgp),
    };
    const { says, asked } = await attempt(files, { checksumFile: 'digests.txt' });
    assert.equal(says, 'ok');
    assert.ok(!asked.includes('SHA256SUMS'));
  });

  test('may lie at another place, with its signature beside it', async () => {
    const elsewhere = 'http://other.example/sums?x=1';
    const files = {
      [elsewhere]: list(sha256),
      'http://other.example/sums.asc?x=1': await sign(list(sha256), openpgp),
    };
    assert.equal((await attempt(files, { checksumFile: elsewhere })).says, 'ok');
  });

  test('that is not there leaves nothing to verify with', async () => {
    const { says } = await attempt({ SHA256SUMS: list(sha256) }, { checksumFile: 'x', verification: 'checksum' });
    assert.equal(says, `Cannot verify 'disk.raw': ${noChecksumFile('x')}. ${nameOne}`);
  });
});

describe('what a trust entry demands', () => {
  const demands = { fingerprints: [], requireSigners: 1, checksumFiles: [] };
  const signed = async () => ({ SHA256SUMS: list(sha256), 'SHA256SUMS.gpg': await sign(list(sha256), openpgp) });

  test('a signature by a key that it does not name does not count', async () => {
    const trust = { ...demands, fingerprints: ['A'.repeat(40)] };
    assert.equal(
      (await attempt(await signed(), { trust })).says,
      `Cannot verify 'disk.raw': SHA256SUMS.gpg is signed by key KEY-trusted (Images <trusted@example.com>), which the trust entry does not name. ${installKeyring}`,
    );
  });

  for (const version of [4, 6]) {
    test(`a signing subkey of version ${version} can be named, and no other subkey signs for it`, async () => {
      const { privateKey } = await generateKey({
        type: 'curve25519',
        userIDs: [{ name: 'Images' }],
        subkeys: [{ sign: true }],
        config: { v6Keys: version === 6 },
        format: 'object',
      });
      const keyrings = [{ path: '/keys/subkey', bytes: Buffer.from(privateKey.toPublic().write()) }];
      const message = await createMessage({ binary: new Uint8Array(Buffer.from(list(sha256))) });
      const signature = await signMessage({ message, signingKeys: privateKey, detached: true, format: 'binary' });
      const files = { SHA256SUMS: list(sha256), 'SHA256SUMS.gpg': Buffer.from(signature) };
      const saysOf = async (fingerprint: string) =>
        (await attempt(files, { keyrings, trust: { ...demands, fingerprints: [fingerprint.toUpperCase()] } })).says;
      const subkey = privateKey.subkeys[0]?.getFingerprint() ?? '';
      assert.equal(await saysOf(subkey), 'ok');
      assert.equal(await saysOf(privateKey.getFingerprint()), 'ok');
      const other = subkey.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
      assert.match(await saysOf(other), /which the trust entry does not name/);
    });
  }

  test('two keys must have signed where two are required', async () => {
    const trust = { ...demands, requireSigners: 2 };
    assert.equal(
      (await attempt(await signed(), { trust })).says,
      `Cannot verify 'disk.raw': SHA256SUMS is signed by 1 of the 2 different keys that the trust entry requires. ${askForSignature}`,
    );
    const twice = { ...(await signed()), 'SHA256SUMS.asc': await sign(list(sha256), openpgp) };
    assert.match((await attempt(twice, { trust })).says, /is signed by 1 of the 2 different keys/);
    const both = { ...(await signed()), 'SHA256SUMS.minisig': await sign(list(sha256), minisign) };
    assert.equal((await attempt(both, { trust })).says, 'ok');
    const over = { 'disk.raw.sig': await sign(image, openpgp), 'disk.raw.minisig': await sign(image, minisign) };
    assert.equal((await attempt(over, { trust })).says, 'ok');
    const alone = { 'disk.raw.sig': await sign(image, openpgp), 'disk.raw.asc': await sign(image, openpgp) };
    assert.match((await attempt(alone, { trust })).says, /: disk\.raw is signed by 1 of the 2 different keys/);
  });

  test('signatures of two texts are not two signatures of one', async () => {
    const trust = { ...demands, requireSigners: 2 };
    const signify: SigningForm = { scheme: 'signify', form: 'binary', file: name };
    const older = Buffer.from(list(other));
    const carried = Buffer.concat([await publisher.sign(older, signify), older]);
    const files = { ...(await signed()), 'SHA256SUMS.sig': carried };
    assert.match((await attempt(files, { trust })).says, /SHA256SUMS is signed by 1 of the 2 different keys/);
    const same = Buffer.concat([await sign(list(sha256), signify), Buffer.from(list(sha256))]);
    assert.equal((await attempt({ ...(await signed()), 'SHA256SUMS.sig': same }, { trust })).says, 'ok');
  });

  test('its checksum files are asked for first, and others if these do not do', async () => {
    const trust = { ...demands, checksumFiles: ['lists/%f.sums'] };
    const files = { 'lists/disk.raw.sums': list(sha256), 'lists/disk.raw.sums.asc': await sign(list(sha256), openpgp) };
    const { says, asked } = await attempt(files, { trust });
    assert.deepEqual([says, asked[0], asked.includes('SHA256SUMS')], ['ok', 'lists/disk.raw.sums', false]);
    const second = await attempt(await signed(), { trust });
    assert.equal(second.says, 'ok');
    assert.ok(second.asked.length <= 24, second.asked.join(' '));
  });
});

test('of many files that do not do three are told of', async () => {
  const foreign = list(sha256, 'other.raw');
  const files = {
    'disk.raw.sha256': foreign,
    SHA256SUMS: foreign,
    CHECKSUM: foreign,
    sha256sums: foreign,
    'checksums.txt': foreign,
  };
  const { says } = await attempt(files, { verification: 'checksum' });
  const told = ['disk.raw.sha256', 'SHA256SUMS', 'CHECKSUM'].map((file) => `${file} ${listsOnly('other.raw')}`);
  assert.ok(says.includes(`${told.join('; ')}; and 2 more like that. Ask`), says);
});
