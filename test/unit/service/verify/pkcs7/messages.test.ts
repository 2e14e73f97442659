import assert from 'node:assert/strict';
import {
  createHash,
  createPrivateKey,
  type KeyObject,
  privateEncrypt,
  sign as signWith,
  X509Certificate,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, describe, type TestContext, test } from 'node:test';
import { judgeContent } from '../../../../../service/verify/detached.js';
import { readPkcs7Signature } from '../../../../../service/verify/pkcs7/signature.js';
import { readTrustedCertificates } from '../../../../../service/verify/pkcs7/trusted.js';
import { der, oid } from '../../../../support/formats/der.js';
import { needs } from '../../../../support/needs.js';
import { authority, CertificateRoom, type TestCertificate } from '../../../../support/servers/signing-certificates.js';
import { hashNotSupported } from '../../../../support/texts/verification.js';

const payload = 'ed2d1c1f0000000000000000000000000000000000000000000000000000beef  image.raw\n';
const now = new Date();
const programs = ['openssl'];

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha512: '2.16.840.1.101.3.4.2.3',
  sha3: '2.16.840.1.101.3.4.2.8',
  rsa: '1.2.840.113549.1.1.1',
  rsaSha256: '1.2.840.113549.1.1.11',
  rsaSha512: '1.2.840.113549.1.1.13',
  pss: '1.2.840.113549.1.1.10',
  ed25519: '1.3.101.112',
  dsa: '2.16.840.1.101.3.4.3.2',
};

const [integerTag, bytesTag, sequenceTag, setTag, firstTag] = [2, 4, 0x30, 0x31, 0xa0];
const sequence = (...parts: Buffer[]) => der(sequenceTag, ...parts);
const set = (...parts: Buffer[]) => der(setTag, ...parts);
const algorithm = (name: string, ...parameters: Buffer[]) => sequence(oid(name), ...parameters);
const attribute = (name: string, ...values: Buffer[]) => sequence(oid(name), set(...values));

let room: CertificateRoom | undefined;
const made = new Map<string, TestCertificate>();
after(() => room?.[Symbol.dispose]());

function certificate(type: 'rsa' | 'ed25519'): TestCertificate {
  room ??= new CertificateRoom();
  const found = made.get(type) ?? room.create(type, type === 'rsa' ? {} : { key: ['ED25519'] });
  made.set(type, found);
  return found;
}

/** What a message consists of, each part as it should be unless a test changes it. */
interface Recipe {
  readonly type?: 'rsa' | 'ed25519';
  readonly digestOid?: string;
  readonly hash?: string;
  /** The hash that the signature itself is over, by node's name; null for pure Ed25519. */
  readonly signedHash?: string | null;
  readonly signatureAlgorithm?: Buffer;
  readonly contentType?: string;
  readonly attributes?: ((digest: Buffer) => Buffer[]) | undefined;
  /** Makes the signature itself. */
  readonly sign?: (key: KeyObject) => Buffer;
  readonly embedded?: boolean;
  readonly signers?: number;
  readonly certificates?: readonly Buffer[];
}

const usual = (digest: Buffer) => [
  attribute(oids.contentType, oid(oids.data)),
  attribute(oids.messageDigest, der(bytesTag, digest)),
];

function craft(recipe: Recipe = {}): Buffer {
  const {
    type = 'rsa',
    digestOid = oids.sha256,
    hash = 'sha256',
    contentType = oids.data,
    attributes = usual,
  } = recipe;
  const { signatureAlgorithm = algorithm(oids.rsa), signedHash = hash, signers = 1, certificates = [] } = recipe;
  const { keyPath, pem } = certificate(type);
  const key = createPrivateKey(readFileSync(keyPath));
  const own = 'attributes' in recipe && recipe.attributes === undefined ? undefined : attributes(hashOf(hash));
  const signature = recipe.sign?.(key) ?? signWith(signedHash, own ? set(...own) : Buffer.from(payload), key);
  const info = sequence(
    der(integerTag, 1),
    sequence(...namesOf(pem)),
    algorithm(digestOid),
    ...(own ? [der(firstTag, ...own)] : []),
    signatureAlgorithm,
    der(bytesTag, signature),
  );
  const content = recipe.embedded ? [der(firstTag, der(bytesTag, Buffer.from(payload)))] : [];
  const signed = sequence(
    der(integerTag, 1),
    set(algorithm(digestOid)),
    sequence(oid(contentType), ...content),
    ...(certificates.length > 0 ? [der(firstTag, ...certificates)] : []),
    set(...Array.from({ length: signers }, () => info)),
  );
  return sequence(oid(oids.signedData), der(firstTag, signed));
}

function hashOf(name: string): Buffer {
  return createHash(name).update(payload).digest();
}

/** Issuer and serial number, as they stand in a certificate of openssl: version, serial, algorithm, issuer. */
function namesOf(pem: string): Buffer[] {
  const { raw, serialNumber } = new X509Certificate(pem);
  const number = Buffer.from(serialNumber, 'hex');
  const serial = der(integerTag, ...((number[0] ?? 0) >= 0x80 ? [0] : []), number);
  const at = raw.indexOf(serial) + serial.length;
  return [valueAt(raw, at + valueAt(raw, at).length), serial];
}

async function judge(signature: Buffer, type: 'rsa' | 'ed25519' = 'rsa', content = payload): Promise<string> {
  const read = await readPkcs7Signature(signature, readTrustedCertificates(Buffer.alloc(0), certificate(type).pem));
  if (!read) return 'not a signature';
  const [finding] = await judgeContent(read, Buffer.from(content), now);
  return finding?.kind === 'unreliable' ? finding.reason : (finding?.kind ?? '');
}

const pureEd25519: Recipe = {
  type: 'ed25519',
  digestOid: oids.sha512,
  hash: 'sha512',
  signedHash: null,
  signatureAlgorithm: algorithm(oids.ed25519),
};

const rows: Readonly<Record<string, readonly [Recipe, expected: string]>> = {
  'as openssl makes it': [{}, 'good'],
  'RSA named with its hash': [{ signatureAlgorithm: algorithm(oids.rsaSha256) }, 'good'],
  'Ed25519 (RFC 8419)': [pureEd25519, 'good'],
  'Ed25519 over other attributes': [{ ...pureEd25519, attributes: () => usual(hashOf('sha1')) }, 'bad'],
  'the digest of something else': [{ attributes: () => usual(hashOf('sha1')) }, 'bad'],
  'no digest': [{ attributes: () => usual(hashOf('sha256')).slice(0, 1) }, 'bad'],
  'no type of content': [{ attributes: () => usual(hashOf('sha256')).slice(1) }, 'bad'],
  'another type of content': [{ contentType: '1.2.3' }, 'bad'],
  'another type of content, without attributes': [{ contentType: '1.2.3', attributes: undefined }, 'bad'],
  'two digests in one attribute': [
    {
      attributes: (digest) => [
        attribute(oids.contentType, oid(oids.data)),
        attribute(oids.messageDigest, der(bytesTag, digest), der(bytesTag, Buffer.alloc(32))),
      ],
    },
    'bad',
  ],
  'two attributes with digests': [
    {
      attributes: (digest) => [...usual(Buffer.alloc(32)), attribute(oids.messageDigest, der(bytesTag, digest))],
    },
    'bad',
  ],
  'no attributes': [{ attributes: undefined }, 'good'],
  'no attributes, over another hash than it says': [{ attributes: undefined, signedHash: 'sha512' }, 'bad'],
  'no attributes, the digest without the name of the hash': [
    { attributes: undefined, sign: (key) => privateEncrypt(key, hashOf('sha256')) },
    'bad',
  ],
  'two hashes': [
    { signatureAlgorithm: algorithm(oids.rsaSha512), signedHash: 'sha512' },
    'but with two different hashes',
  ],
  'a hash that is not supported': [{ digestOid: oids.sha3 }, hashNotSupported],
  'a way that is not supported': [{ signatureAlgorithm: algorithm(oids.dsa) }, 'but in a way that is not supported'],
  'RSA-PSS with parameters that make no sense': [
    { signatureAlgorithm: algorithm(oids.pss, sequence(der(firstTag))) },
    'but in a way that is not supported',
  ],
  'RSA-PSS over SHA-1, which is what no parameters mean': [{ signatureAlgorithm: algorithm(oids.pss) }, 'bad'],
  'the algorithm of another key': [{ signatureAlgorithm: algorithm(oids.ed25519) }, 'bad'],
  'content inside': [{ embedded: true }, 'not a signature'],
  'no signer': [{ signers: 0 }, 'not a signature'],
  'more signers than anybody has': [{ signers: 17 }, 'not a signature'],
  'more certificates than anybody has': [
    { certificates: Array.from({ length: 33 }, () => sequence()) },
    'not a signature',
  ],
  'certificates that are not': [{ certificates: [sequence(), sequence(der(integerTag, 1)), set()] }, 'good'],
};

describe('PKCS#7 messages that no program makes', () => {
  for (const [what, [recipe, expected]] of Object.entries(rows)) {
    test(what, async (t) => {
      if (needs(t, { programs })) assert.equal(await judge(craft(recipe), recipe.type), expected);
    });
  }
});

test('of what is cut or changed anywhere, nothing counts that openssl rejects', async (t: TestContext) => {
  if (!needs(t, { programs })) return;
  const { pem } = certificate('rsa');
  const whole = craft();
  for (let at = 0; at < whole.length; at++) {
    assert.equal(await judge(whole.subarray(0, at)), 'not a signature', `cut at ${at}`);
    for (const bit of [1, 4, 128]) {
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(at) ^ bit, at);
      if ((await judge(changed)) !== 'good') continue;
      assert.equal(room?.accepts('cms', pem, changed, payload), true, `bit ${bit} of byte ${at}`);
    }
  }
});

test('junk, deep nesting and lengths without end are not signatures', async (t) => {
  if (!needs(t, { programs })) return;
  const deep = (depth: number) => Array.from({ length: depth }).reduce<Buffer>((inner) => sequence(inner), der(5));
  const files = [
    Buffer.alloc(0),
    Buffer.from([0x30]),
    Buffer.from([0x30, 0x80]),
    Buffer.alloc(100_000, 0x30),
    Buffer.alloc(100_000).fill(Buffer.from([0x30, 0x80])),
    Buffer.from('3084ffffffff', 'hex'),
    Buffer.from('3088ffffffffffffffff', 'hex'),
    Buffer.from('30ff', 'hex'),
    deep(200),
    sequence(oid(oids.signedData), der(firstTag, deep(40))),
    sequence(oid(oids.data), der(firstTag, sequence())),
    sequence(oid(oids.signedData)),
    sequence(...Array.from({ length: 20_000 }, () => der(5))),
    Buffer.concat([craft(), Buffer.alloc(1)]),
    Buffer.from('-----BEGIN PKCS7-----\n'),
    Buffer.from('-----BEGIN PKCS7-----\n-----END PKCS7-----\n'),
    Buffer.from('-----BEGIN PKCS7-----\nMII*\n-----END PKCS7-----\n'),
    Buffer.from('-----BEGIN CMS-----\nMIIB\n-----END PKCS7-----\n'),
    Buffer.from('<html>'),
  ];
  for (const [index, file] of files.entries()) assert.equal(await judge(file), 'not a signature', `file ${index}`);
});

test('BER without lengths is read as well', async (t) => {
  if (!needs(t, { programs })) return;
  const { pem } = certificate('rsa');
  const ber = withoutLengths(craft(), 3);
  assert.equal(await judge(ber), 'good');
  assert.equal(room?.accepts('cms', pem, ber, payload), true, 'openssl');
  assert.equal(await judge(ber.subarray(0, -2)), 'not a signature');
  assert.equal(await judge(Buffer.concat([ber, Buffer.alloc(2)])), 'not a signature');
});

/** The same value with indefinite lengths down to a depth: those of the message, its content and its lists. */
function withoutLengths(bytes: Buffer, depth: number): Buffer {
  if (depth === 0 || (bytes.readUInt8() & 0x20) === 0) return bytes;
  const parts: Buffer[] = [];
  for (let at = headerLength(bytes); at < bytes.length; at += parts.at(-1)?.length ?? bytes.length) {
    parts.push(valueAt(bytes, at));
  }
  const inner = parts.map((part) => withoutLengths(part, depth - 1));
  return Buffer.concat([bytes.subarray(0, 1), Buffer.from([0x80]), ...inner, Buffer.alloc(2)]);
}

function headerLength(bytes: Buffer): number {
  const first = bytes.readUInt8(1);
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

function valueAt(bytes: Buffer, at: number): Buffer {
  const value = bytes.subarray(at);
  const header = headerLength(value);
  const length = header === 2 ? value.readUInt8(1) : value.readUIntBE(2, header - 2);
  return value.subarray(0, header + length);
}

test('a crowd of certificates that all issue each other comes to an end', async (t) => {
  if (!needs(t, { programs })) return;
  const own = certificate('rsa');
  const first = room?.create('Crowd', { extensions: authority });
  if (!room || !first) return;
  const crowd = Array.from(
    { length: 12 },
    () => room?.create('Crowd', { extensions: authority, sameKey: first }).pem ?? '',
  );
  const signature = room.sign('cms', first, payload, ['-certfile', room.file(crowd.join(''))]);
  const read = await readPkcs7Signature(signature, readTrustedCertificates(Buffer.alloc(0), own.pem));
  assert.deepEqual(await read?.judge([], now), [{ kind: 'unknown', keyId: fingerprintOf(first) }]);
});

function fingerprintOf({ pem }: TestCertificate): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '');
}
