import type { SshReader } from './wire.js';

/** What an authority vouches for (PROTOCOL.certkeys). */
export interface SshCertificate {
  readonly isForUsers: boolean;
  readonly principals: readonly string[];
  /** In seconds since 1970, from when on, and until when, the latter excluded. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly criticalOptions: readonly string[];
  /** The public key of the authority. */
  readonly authority: Buffer;
  /** What the authority signed. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const userType = 1;

/** Reads what follows the key in a certificate. */
export function readCertificate(bytes: Buffer, reader: SshReader): SshCertificate {
  reader.uint64(); // the serial number
  const isForUsers = reader.uint32() === userType;
  reader.string(); // the key's ID
  const principals = reader.strings();
  const [validAfter, validBefore] = [reader.uint64(), reader.uint64()];
  const options = reader.strings();
  reader.string(); // extensions
  reader.string(); // reserved
  const authority = reader.string();
  const signed = bytes.subarray(0, reader.offset);
  const signature = reader.string();
  const criticalOptions = options.filter((_, index) => index % 2 === 0).map(String);
  return {
    isForUsers,
    principals: principals.map(String),
    validAfter,
    validBefore,
    criticalOptions,
    authority,
    signed,
    signature,
  };
}
