// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

/** How strictly a download has to be verified. */
export type Verification =
  /** Not at all */
  | 'no'
  /** Against a checksum file */
  | 'checksum'
  /** By a signature of a trusted key */
  | 'signature';

/** All of {@link Verification}, in the order of the definition. */
export const verificationValues = ['no', 'checksum', 'signature'] as const satisfies readonly Verification[];

/** What signatures a key makes. */
export type KeyScheme =
  /** OpenPGP, as gpg makes them */
  | 'openpgp'
  /** minisign */
  | 'minisign'
  /** signify of OpenBSD */
  | 'signify'
  /** OpenSSH, by ssh-keygen -Y sign */
  | 'openssh'
  /** PKCS#7, by a certificate */
  | 'pkcs7'
  /** sigstore, as cosign signs container images with a key */
  | 'sigstore';

/** All of {@link KeyScheme}, in the order of the definition. */
export const keySchemeValues = ['openpgp', 'minisign', 'signify', 'openssh', 'pkcs7', 'sigstore'] as const satisfies readonly KeyScheme[];

/** How bad a finding is. */
export type Severity =
  /** Pulls fail because of it */
  | 'error'
  /** They may do so later */
  | 'warning';

/** All of {@link Severity}, in the order of the definition. */
export const severityValues = ['error', 'warning'] as const satisfies readonly Severity[];
