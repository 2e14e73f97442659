import type { X509Certificate } from 'node:crypto';
import type { DetachedSignature, SignatureFinding, WantedHash } from '../detached.js';
import { digestName, digestProblem, isSignatureOf, isSignatureOfDigest, methodOf } from './algorithms.js';
import { Certificate } from './certificate.js';
import { type Chain, Chains, chainProblem } from './chain.js';
import { readMessage, type SignedMessage, type SignerInfo } from './message.js';

/** Reads a detached signature of PKCS#7 or CMS, in DER or PEM; undefined if it is not one. */
export async function readPkcs7Signature(
  file: Buffer,
  trusted: readonly X509Certificate[],
): Promise<DetachedSignature | undefined> {
  const message = await readMessage(file);
  if (!message) return undefined;
  const [own, known] = await Promise.all([readAll(message.certificates), readAll(trusted.map(({ raw }) => raw))]);
  return new Pkcs7Signature(message, own, known);
}

async function readAll(all: readonly Buffer[]): Promise<Certificate[]> {
  const certificates = await Promise.all(all.map((bytes) => Certificate.read(bytes)));
  return certificates.filter((certificate) => certificate !== undefined);
}

/** Attributes that say what is signed (RFC 5652 §11). */
const contentTypeOid = '1.2.840.113549.1.9.3';
const digestOid = '1.2.840.113549.1.9.4';
const dataOid = '1.2.840.113549.1.7.1';

/** A signer, with the chains that may make it trusted. */
interface Candidate {
  readonly signer: SignerInfo;
  /** Node's name of the digest's algorithm; undefined if it is not supported. */
  readonly hash: string | undefined;
  readonly chains: readonly Chain[];
  /** What an unknown one is called. */
  readonly keyId: string;
}

class Pkcs7Signature implements DetachedSignature {
  readonly scheme = 'pkcs7';
  readonly wanted: readonly WantedHash[];
  readonly #contentType: string;
  readonly #candidates: readonly Candidate[];

  constructor({ contentType, signers }: SignedMessage, own: readonly Certificate[], trusted: readonly Certificate[]) {
    const all = [...trusted, ...own.filter((each) => !trusted.some((other) => other.isSame(each)))];
    const chains = new Chains(own, trusted);
    this.#contentType = contentType;
    this.#candidates = signers.map((signer) => candidateOf(signer, all, chains));
    const hashes = this.#candidates.flatMap(({ hash, chains: { length } }) => (hash && length > 0 ? [hash] : []));
    this.wanted = [...new Set(hashes)].map((algorithm) => ({ algorithm }));
  }

  async judge(digests: readonly Buffer[], now: Date): Promise<SignatureFinding[]> {
    const byHash = new Map(this.wanted.map(({ algorithm }, index) => [algorithm, digests[index]]));
    return this.#candidates.map((candidate) => this.#examine(candidate, byHash.get(candidate.hash ?? ''), now));
  }

  #examine({ signer, hash, chains, keyId }: Candidate, digest: Buffer | undefined, now: Date): SignatureFinding {
    const findings = chains.map((chain) => {
      const [certificate] = chain;
      const isHashed = certificate && hash !== undefined && digest;
      const verified = isHashed ? this.#verify(signer, certificate, hash, digest) : digestProblem(hash);
      return findingOf(chain, verified ?? false, now);
    });
    return findings.find(({ kind }) => kind === 'good') ?? findings[0] ?? { kind: 'unknown', keyId };
  }

  /** Whether a signer signed content with this digest, or why that does not count (completes "…, but …"). */
  #verify(signer: SignerInfo, certificate: Certificate, hash: string, digest: Buffer): boolean | string {
    const { attributes, signature, signatureAlgorithm } = signer;
    const [method, key] = [methodOf(signatureAlgorithm), certificate.publicKey];
    if (!method || !key) return 'but in a way that is not supported';
    const statement = { key, method, hash, signature };
    const verified = attributes
      ? this.#saysDigest(signer, digest) && isSignatureOf(attributes.bytes, statement)
      : this.#contentType === dataOid && isSignatureOfDigest(digest, statement);
    if (verified === undefined)
      return 'but without signed attributes, which is supported for RSA with PKCS #1 v1.5 alone';
    if (!verified) return false;
    if (method.hash !== undefined && method.hash !== hash) return 'but with two different hashes';
    return digestProblem(hash) ?? true;
  }

  #saysDigest({ attributes }: SignerInfo, digest: Buffer): boolean {
    const [type, said] = [contentTypeOid, digestOid].map((oid) => attributes?.values.get(oid));
    return type?.isOid(this.#contentType) === true && said?.content.equals(digest) === true;
  }
}

function candidateOf(signer: SignerInfo, all: readonly Certificate[], chains: Chains): Candidate {
  const named = all.filter((certificate) => certificate.isNamedBy(signer));
  return {
    signer,
    hash: digestName(signer.digestAlgorithm),
    chains: named.flatMap((certificate) => chains.from(certificate)),
    keyId: named[0]?.fingerprint ?? nameOf(signer),
  };
}

function findingOf(chain: Chain, verified: boolean | string, now: Date): SignatureFinding {
  const [certificate] = chain;
  if (!certificate) return { kind: 'unknown', keyId: '' };
  const { fingerprint, subject } = certificate;
  const by = `certificate ${fingerprint} (${subject})`;
  if (verified === false) return { kind: 'bad', by };
  const problem = typeof verified === 'string' ? verified : chainProblem(chain, now);
  if (problem !== undefined) return { kind: 'unreliable', by, reason: problem };
  return {
    kind: 'good',
    signer: { scheme: 'pkcs7', fingerprint, keyId: fingerprint, user: subject, created: undefined },
  };
}

/** What is known of a signer whose certificate is not at hand. */
function nameOf({ issued, keyIdentifier }: SignerInfo): string {
  return (issued?.serial ?? keyIdentifier ?? Buffer.alloc(0)).toString('hex').toUpperCase();
}
