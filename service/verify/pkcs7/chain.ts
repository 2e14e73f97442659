import { day } from '../examine.js';
import { digestProblem, methodOf } from './algorithms.js';
import { type Certificate, extensionOids } from './certificate.js';

/** A certificate, that of its issuer, and so on up to a trusted one. */
export type Chain = readonly Certificate[];

const lengthMax = 8;
// Each is a signature to verify, of keys that a stranger chose.
const verificationsMax = 128;

/** Finds the chains from certificates to trusted ones. */
export class Chains {
  readonly #pool: readonly Certificate[];
  readonly #trusted: readonly Certificate[];
  #verifications = 0;

  constructor(others: readonly Certificate[], trusted: readonly Certificate[]) {
    this.#trusted = trusted;
    this.#pool = [...trusted, ...others];
  }

  /** All chains from a certificate. They are built by names and signatures alone; chainProblem judges them. */
  from(certificate: Certificate, below: Chain = []): Chain[] {
    const chain = [...below, certificate];
    if (this.#trusted.some((trusted) => trusted.isSame(certificate))) return [chain];
    if (chain.length === lengthMax) return [];
    const issuers = this.#pool.filter((other) => !chain.some((known) => known.isSame(other)));
    return issuers
      .filter((issuer) => this.#isIssuedBy(certificate, issuer))
      .flatMap((issuer) => this.from(issuer, chain));
  }

  #isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
    try {
      if (!certificate.x509.checkIssued(issuer.x509) || this.#verifications++ >= verificationsMax) return false;
      return certificate.x509.verify(issuer.x509.publicKey);
    } catch {
      return false;
    }
  }
}

/** Why a chain does not make the signer trusted at a time (completes "…, which …" or "…, but …"). */
export function chainProblem(chain: Chain, now: Date): string | undefined {
  const problems = chain.map((certificate, index) => {
    const reason = index === 0 ? signerProblem(certificate) : issuerProblem(certificate, chain.slice(1, index));
    const isLast = index === chain.length - 1;
    const all = reason ?? timeProblem(certificate, now) ?? keyProblem(certificate) ?? formProblem(certificate, isLast);
    return all === undefined || index === 0 ? all : `but by way of certificate '${certificate.subject}', ${all}`;
  });
  return problems.find((problem) => problem !== undefined);
}

/** What a signer's certificate, and those of the authorities above, may be limited to: e-mail, code, anything. */
const purposes = ['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.3', '2.5.29.37.0'];

function purposeProblem({ x509 }: Certificate): string | undefined {
  // Node calls the extended key usage so.
  const usage: readonly string[] | undefined = x509.keyUsage;
  return !usage || usage.some((oid) => purposes.includes(oid))
    ? undefined
    : 'which is for another purpose than signing';
}

function signerProblem(certificate: Certificate): string | undefined {
  return certificate.maySign === false ? 'which is not meant for signing' : purposeProblem(certificate);
}

function issuerProblem(certificate: Certificate, between: Chain): string | undefined {
  if (!certificate.x509.ca) return 'which is not that of an authority';
  const { pathLength } = certificate;
  const authorities = between.filter((other) => !other.isSelfIssued).length;
  if (pathLength !== undefined && authorities > pathLength) return 'which may not have authorities below it';
  return purposeProblem(certificate);
}

/** Why no signature that a trusted certificate vouches for counts (completes "…, which …"). */
export function trustedCertificateProblem(certificate: Certificate, now: Date): string | undefined {
  return timeProblem(certificate, now) ?? keyProblem(certificate) ?? formProblem(certificate, true);
}

function timeProblem({ validFrom, validTo }: Certificate, now: Date): string | undefined {
  if (validFrom > now) return `which is not valid before ${day(validFrom)}`;
  return validTo >= now ? undefined : `which expired on ${day(validTo)}`;
}

const rsaBitsMin = 2048;

function keyProblem({ publicKey: key }: Certificate): string | undefined {
  const type = key?.asymmetricKeyType ?? 'unknown';
  const bits = key?.asymmetricKeyDetails?.modulusLength;
  if (!['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'].includes(type))
    return 'which has a key of a kind that is not supported';
  return bits !== undefined && bits < rsaBitsMin ? `which is too weak (RSA, ${bits} bits)` : undefined;
}

const known: readonly string[] = [
  extensionOids.keyIdentifier,
  extensionOids.keyUsage,
  extensionOids.alternativeName,
  extensionOids.basicConstraints,
  extensionOids.policies,
  extensionOids.authorityKey,
  extensionOids.extendedKeyUsage,
];

function formProblem(certificate: Certificate, isTrusted: boolean): string | undefined {
  const { extensions, signatureAlgorithm } = certificate;
  if (extensions.has(extensionOids.nameConstraints)) return 'which limits names, and that is not supported';
  const unknown = [...extensions].find(([oid, { isCritical }]) => isCritical && !known.includes(oid));
  if (unknown) return `which has the critical extension ${unknown[0]}, and that is not supported`;
  // What a trusted one is signed by does not matter.
  if (isTrusted) return undefined;
  const method = methodOf(signatureAlgorithm);
  const hash = method?.hash;
  if (!method) return 'which is signed in a way that is not supported';
  return hash !== undefined && digestProblem(hash) ? 'which is signed over a hash that can be forged' : undefined;
}
