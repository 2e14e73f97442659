// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Verification, VerifiedBy } from './enums.generated.js';

/** How the bytes of a download were verified: what is recorded on the pristine image. */
export type VerificationRecord = {
  /** Both in lower-case hexadecimal */
  sha256: string;
  sha512?: string | undefined;
  /** Bytes as transferred */
  bytes: number;
  verification: VerifiedBy;
  /** How the sidecars were verified, where it was in another way than the image: the digest of the caller is that of the image alone */
  sidecarVerification?: Verification | undefined;
  /** Suffixes of sidecars that the server had and that were left out then, because nothing vouched for them */
  leftOut?: string[] | undefined;
  /** Fingerprint of the key that signed the checksum file or the image */
  signedBy?: string | undefined;
  /** Of a signature over the image itself, the hashes that it is about, in hexadecimal, by what stands for the way they are made */
  hashes?: Record<string, string> | undefined;
};

/** Which state of a sidecar came from the server. */
export type SidecarOrigin = {
  /** Such as .roothash */
  suffix: string;
  etag?: string | undefined;
  /** Milliseconds since 1970 */
  lastModified?: number | undefined;
};

/** What the fetch process found out, said when all bytes are through its pipes and verified. */
export type PullOutcome = {
  /** The pristine image to use when the server said that it is current; no bytes came through the pipes then */
  cachedPath?: string | undefined;
  etag?: string | undefined;
  /** When the server says the image was last changed, in milliseconds since 1970 */
  lastModified?: number | undefined;
  /** Bytes sent to the placement process */
  sentBytes: number;
  /** Bytes sent to the decode process, as they came; 0 when nothing had to be decoded */
  encodedBytes: number;
  /** Absent for a pristine image of which nothing was recorded: one that systemd-importd left */
  record?: VerificationRecord | undefined;
  /** What the server said of the sidecars that came */
  sidecars: SidecarOrigin[];
  /** The user ID of the key whose signature counted */
  signerName?: string | undefined;
};

/** The size of an image, and what tells whether it still holds. */
export type KnownSize = {
  /** Of the image: device, inode and time of birth */
  identity: string;
  /** Changes with whatever is in the image; absent where nothing does */
  version?: string | undefined;
  /** Of the content of files */
  bytes: number;
  /** That are allocated */
  bytesOnDisk: number;
  /** Files, directories and all else in a tree; absent for disks */
  files?: number | undefined;
  /** Microseconds since 1970 */
  countedAt: number;
};
