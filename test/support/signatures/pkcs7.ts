import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { judgeContent } from '../../../service/verify/detached.js';
import { readPkcs7Signature } from '../../../service/verify/pkcs7/signature.js';
import { readTrustedCertificates } from '../../../service/verify/pkcs7/trusted.js';
import { needs } from '../needs.js';
import {
  authority,
  type CertificateOptions,
  CertificateRoom,
  type TestCertificate,
} from '../servers/signing-certificates.js';

const payload = 'ed2d1c1f0000000000000000000000000000000000000000000000000000beef  image.raw\n';
const now = new Date();
const programs = ['openssl'];

let room: CertificateRoom | undefined;
const certificates = new Map<string, TestCertificate>();

function theRoom(): CertificateRoom {
  return (room ??= new CertificateRoom());
}

const past = '20200601000000Z';
const future = '20900101000000Z';
const ec = (curve: string) => ['EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const purpose = (name: string) => ['basicConstraints=CA:FALSE', `extendedKeyUsage=${name}`];

/** All certificates, by name. */
const recipes: Readonly<Record<string, () => CertificateOptions>> = {
  root: () => ({ extensions: authority }),
  other: () => ({ extensions: authority }),
  leaf: () => ({ issuer: certificate('root') }),
  middle: () => ({ issuer: certificate('root'), extensions: authority }),
  chained: () => ({ issuer: certificate('middle') }),
  self: () => ({}),
  // As `mkosi genkey` makes them.
  mkosi: () => ({ extensions: ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash'] }),
  stranger: () => ({}),
  p256: () => ({ key: ec('P-256') }),
  p384: () => ({ key: ec('P-384') }),
  p521: () => ({ key: ec('P-521') }),
  rsa3072: () => ({ key: ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'] }),
  rsa1024: () => ({ key: ['RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] }),
  named: () => ({ extensions: ['subjectKeyIdentifier=hash'] }),
  expired: () => ({ issuer: certificate('root'), to: past }),
  early: () => ({ issuer: certificate('root'), from: future }),
  expiredSelf: () => ({ to: past }),
  expiredRoot: () => ({ extensions: authority, to: past }),
  ofExpiredRoot: () => ({ issuer: certificate('expiredRoot') }),
  expiredMiddle: () => ({ issuer: certificate('root'), extensions: authority, to: past }),
  ofExpiredMiddle: () => ({ issuer: certificate('expiredMiddle') }),
  noAuthority: () => ({ issuer: certificate('root'), extensions: ['basicConstraints=CA:FALSE'] }),
  ofNoAuthority: () => ({ issuer: certificate('noAuthority') }),
  shortRoot: () => ({ extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0'] }),
  ofShortRoot: () => ({ issuer: certificate('shortRoot'), extensions: authority }),
  belowShortRoot: () => ({ issuer: certificate('ofShortRoot') }),
  leafOfShortRoot: () => ({ issuer: certificate('shortRoot') }),
  noKeyCertSign: () => ({ extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature'] }),
  ofNoKeyCertSign: () => ({ issuer: certificate('noKeyCertSign') }),
  email: () => ({ issuer: certificate('root'), extensions: purpose('emailProtection') }),
  code: () => ({ issuer: certificate('root'), extensions: purpose('codeSigning') }),
  server: () => ({ issuer: certificate('root'), extensions: purpose('serverAuth') }),
  any: () => ({ issuer: certificate('root'), extensions: purpose('anyExtendedKeyUsage') }),
  signing: () => ({ issuer: certificate('root'), extensions: ['keyUsage=critical,digitalSignature'] }),
  encrypting: () => ({ issuer: certificate('root'), extensions: ['keyUsage=critical,keyEncipherment'] }),
  critical: () => ({ issuer: certificate('root'), extensions: ['1.2.3.4=critical,ASN1:UTF8String:something'] }),
  limited: () => ({
    issuer: certificate('root'),
    extensions: [...authority, 'nameConstraints=critical,permitted;DNS:example.com'],
  }),
  ofLimited: () => ({ issuer: certificate('limited') }),
  sha1Leaf: () => ({ issuer: certificate('root'), digest: 'sha1' }),
  weakRoot: () => ({ extensions: authority, key: ['RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] }),
  ofWeakRoot: () => ({ issuer: certificate('weakRoot') }),
  sha3Leaf: () => ({ issuer: certificate('root'), digest: 'sha3-256' }),
  sha1Root: () => ({ extensions: authority, digest: 'sha1' }),
  ofSha1Root: () => ({ issuer: certificate('sha1Root') }),
};

export function certificate(name: string): TestCertificate {
  const found = certificates.get(name) ?? theRoom().create(`Test ${name}`, recipes[name]?.());
  certificates.set(name, found);
  return found;
}

/** What the two say of the same bytes. */
export interface Row {
  readonly what: string;
  readonly signer: string;
  /** Names of trusted certificates. */
  readonly trusted: readonly string[];
  readonly options?: () => readonly string[];
  readonly content?: string;
  /** Changes the signature after it was made. */
  readonly spoil?: (signature: Buffer) => Buffer;
  /** Who makes and checks it: `openssl cms`, and `openssl smime` where it can. */
  readonly by?: readonly string[];
  readonly form?: string;
  readonly ours: string;
  readonly theirs: boolean;
  /** Why we differ, where we do. */
  readonly difference?: string;
}

const both = ['cms', 'smime'];
export const flipped = (at: number) => (signature: Buffer) => {
  const changed = Buffer.from(signature);
  changed.writeUInt8(changed.readUInt8(changed.length + at) ^ 1, changed.length + at);
  return changed;
};
async function judge(signature: Buffer, trusted: string, content: Buffer | string = payload): Promise<string> {
  const read = await readPkcs7Signature(signature, readTrustedCertificates(Buffer.alloc(0), trusted));
  if (!read) return 'not a signature';
  const findings = await judgeContent(read, Buffer.from(content), now);
  const finding = findings.find(({ kind }) => kind === 'good') ?? findings[0];
  return finding?.kind === 'unreliable' ? finding.reason : (finding?.kind ?? '');
}

after(() => room?.[Symbol.dispose]());

/** Demands what the rows say, of Ferry and of openssl. */
export function demand(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const { what, signer, trusted, content = payload, by = both, form, ours, theirs, ...row } of rows) {
      for (const program of by) {
        test(`${what}, openssl ${program}`, async (t) => {
          if (!needs(t, { programs })) return;
          const { options = () => [], spoil = (signature) => signature, difference } = row;
          const pem = trusted.map((name) => certificate(name).pem).join('');
          const signature = spoil(theRoom().sign(program, certificate(signer), payload, options()));
          assert.equal(await judge(signature, pem, content), ours);
          assert.equal(theRoom().accepts(program, pem, signature, content, form), theirs, 'openssl');
          assert.equal(ours === 'good' ? theirs : !theirs, difference === undefined, 'a difference without a reason');
        });
      }
    }
  });
}
