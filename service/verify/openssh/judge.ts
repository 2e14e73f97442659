import { day } from '../examine.js';
import { shown } from '../shown.js';
import type { SshCertificate } from './certificate.js';
import { rsaBits, type SshKey } from './key.js';
import { matchesPatterns } from './options.js';
import type { TrustedSshKey } from './trusted.js';
import { verifySsh } from './verify.js';

/** Whom a key speaks for, or why it cannot be relied on (completes "…, which …" or "…, but …"). */
export type Verdict = { readonly user: string } | { readonly reason: string };

/** Judges a key that made a good signature by a line that names it or its authority. */
export function judgeKey(key: SshKey, trusted: TrustedSshKey, now: Date): Verdict {
  const reason = strengthProblem(key) ?? lineProblem(key, trusted, now);
  if (reason !== undefined) return { reason };
  return key.certificate ? judgeCertificate(key.certificate, trusted, now) : { user: trusted.user };
}

/** Why no signature by a trusted key counts, nor by those whom it certifies (completes "…, which …"). */
export function trustedSshProblem(
  { key, namespaces, validAfter, validBefore }: TrustedSshKey,
  now: Date,
): string | undefined {
  return strengthProblem(key) ?? namespaceProblem(namespaces) ?? timeProblem(validAfter, validBefore, now);
}

/** What signatures of files are made in. */
export const namespace = 'file';

export function namespaceProblem(namespaces: string | undefined): string | undefined {
  const isAllowed = namespaces === undefined || matchesPatterns(namespace, namespaces);
  return isAllowed ? undefined : `which is not trusted for the namespace '${namespace}'`;
}

function timeProblem(after: Date | undefined, before: Date | undefined, now: Date): string | undefined {
  if (after && now < after) return `which is not valid before ${day(after)}`;
  return before && now > before ? `which expired on ${day(before)}` : undefined;
}

const rsaBitsMin = 2048;

function strengthProblem(key: SshKey): string | undefined {
  const bits = rsaBits(key) ?? rsaBitsMin;
  return bits < rsaBitsMin ? `which is too weak (RSA, ${bits} bits)` : undefined;
}

function lineProblem({ certificate }: SshKey, trusted: TrustedSshKey, now: Date): string | undefined {
  const { key, isAuthority, validAfter, validBefore } = trusted;
  const isCertified = certificate?.authority.equals(key.blob) ?? false;
  if (isCertified && !isAuthority) return 'but with a certificate by a key that is not trusted as an authority';
  if (certificate && !isCertified) return 'but with a certificate whose authority is not trusted';
  if (!isCertified && isAuthority) return 'which is trusted as an authority, not to sign';
  return timeProblem(validAfter, validBefore, now);
}

function judgeCertificate(certificate: SshCertificate, trusted: TrustedSshKey, now: Date): Verdict {
  const { principals } = certificate;
  const reason = authorityProblem(certificate, trusted.key) ?? certificateProblem(certificate, now);
  if (reason !== undefined) return { reason };
  const user = principals.find((principal) => matchesPatterns(principal, trusted.principals ?? ''));
  const names = shown(principals.join(', '));
  if (user === undefined) return { reason: `but with a certificate for '${names}', which its authority may not issue` };
  return { user: shown(user) };
}

function authorityProblem({ signature, signed }: SshCertificate, authority: SshKey): string | undefined {
  const verified = verifySsh(authority, signature, signed);
  if (verified === false) return 'but with a certificate that its authority did not sign';
  if (verified !== true || strengthProblem(authority)) return 'but with a certificate that is too weak';
  return undefined;
}

function certificateProblem(certificate: SshCertificate, now: Date): string | undefined {
  const { isForUsers, criticalOptions, validAfter, validBefore } = certificate;
  const seconds = BigInt(Math.floor(now.getTime() / 1000));
  if (!isForUsers) return 'but with a certificate for a host';
  if (seconds < validAfter) return `but with a certificate that is not valid before ${day(dateOf(validAfter))}`;
  if (seconds >= validBefore) return `but with a certificate that expired on ${day(dateOf(validBefore))}`;
  const [option] = criticalOptions;
  return option === undefined ? undefined : `but with a certificate for '${shown(option)}' alone`;
}

// Forever is the largest number of 64 bits.
const lastSecond = BigInt(Date.UTC(9999, 11, 31) / 1000);

function dateOf(seconds: bigint): Date {
  return new Date(Number(seconds < lastSecond ? seconds : lastSecond) * 1000);
}
