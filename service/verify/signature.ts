import type { Keyring } from './keyrings.js';

/** The key that made a good signature. */
export interface Signer {
  /** Of the primary key, in upper-case hexadecimal. */
  readonly fingerprint: string;
  /** Of the key that signed: its last 16 digits, in upper case. */
  readonly keyId: string;
  /** User ID, escaped for display. */
  readonly user: string;
  readonly created: Date;
}

export type Signed = { readonly signer: Signer; readonly payload: Buffer; readonly notices: readonly string[] };
export type { Keyring };
