import type { FailureName } from '../failure.js';

/*
 * What the daemon and the processes of a transfer say to each other: one JSON object a line, on descriptor 3.
 * Bytes never travel here.
 */

export type ImageClass = 'machine' | 'portable' | 'sysext' | 'confext';
export type ImageFormat = 'tar' | 'raw';
export type Verification = 'no' | 'checksum' | 'signature';
export type Phase =
  | 'queued'
  | 'starting'
  | 'downloading'
  | 'importing'
  | 'exporting'
  | 'verifying'
  | 'converting'
  | 'installing'
  | 'copying'
  | 'cleaning'
  | 'finished'
  | 'failed'
  | 'cancelled';

/** How the bytes of a download were verified: what is recorded on the pristine image. */
export interface VerificationRecord {
  sha256: string;
  sha512: string | null;
  /** Bytes as transferred. */
  bytes: number;
  verification: Verification;
  /** Fingerprint of the key that signed the checksum file. */
  signedBy: string | null;
}

/** A pristine download that is already here. */
export interface CachedOriginal {
  path: string;
  etag: string | null;
  record: VerificationRecord | null;
}

/** The daemon's order to the stream process of a pull. */
export interface StreamOrder {
  url: string;
  format: ImageFormat;
  verification: Verification;
  /** Trusted OpenPGP keyrings, read by the daemon, in base64. */
  keyrings: { path: string; base64: string }[];
  cached: CachedOriginal[];
  /** Suffixes of the sidecars to look for beside the image, such as `.roothash`. */
  sidecars: string[];
  /** Bytes per second. */
  limitRate: number | null;
  threads: number;
  /** For file: URLs the descriptors of the files there, opened by the daemon, by name. */
  files: Record<string, number> | null;
  netrc: string | null;
  /** Proxy and certificate variables. They may hold passwords, so they are not in the environment of the process. */
  environment: Record<string, string>;
}

/** What the stream process found out, said when all bytes are through the pipe and verified. */
export interface StreamOutcome {
  /** The pristine image to use when the server said that it is current; no bytes came through the pipe then. */
  cachedPath: string | null;
  etag: string | null;
  /** When the server says the image was last changed, in milliseconds since 1970. */
  lastModified: number | null;
  /** Bytes sent through the pipe, decoded. */
  decodedBytes: number;
  /** Null for a pristine image of which nothing was recorded: one that systemd-importd left. */
  record: VerificationRecord | null;
}

/** The daemon's order to the placement process. */
export interface PlacementOrder {
  kind: 'pull' | 'import';
  format: ImageFormat | 'directory';
  class: ImageClass;
  imageRoot: string;
  name: string | null;
  /** Without user name and password; null for imports. */
  url: string | null;
  force: boolean;
  readOnly: boolean;
  keepDownload: boolean;
  /** Bytes of allocated data. */
  sizeMax: number;
  strict: boolean;
  /** Whether owners, device nodes and attributes that cannot be kept are counted rather than failures. */
  lenient: boolean;
  scope: 'system' | 'user';
  /** The command that starts the process which converts disk images, without its own arguments. */
  convertCommand: string[];
}

/** The daemon's permission to install, given only when the stream process has reported the same count of bytes. */
export interface PlacementCommit {
  outcome: StreamOutcome;
}

export interface PlacementOutcome {
  path: string | null;
  pristinePath: string | null;
  lossCount: number;
}

export type WorkerMessage =
  | { type: 'log'; priority: number; message: string }
  | { type: 'phase'; phase: Phase }
  | { type: 'progress'; bytesDone: number; bytesTotal: number | null }
  | { type: 'received'; bytes: number }
  | { type: 'streamed'; outcome: StreamOutcome }
  | { type: 'placed'; outcome: PlacementOutcome }
  | { type: 'cleaned'; removed: { path: string; bytes: number }[] }
  | { type: 'failure'; kind: FailureName; message: string; facts: Record<string, unknown> }
  | { type: 'bug'; stack: string };
