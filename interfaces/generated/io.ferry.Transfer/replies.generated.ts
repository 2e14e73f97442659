// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { DownloadCompression, OciLayout, VerifiedBy } from './enums.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';
import type { LogLine, Obstacle, PlannedLayer, Progress, RegistryLocation, Result, Transfer, TrustedKey } from './structs.generated.js';

/** The reply to Pull(). */
export type PullReply = {
  /** The identifier of the transfer */
  id?: Integer | null;
  /** A moment of it */
  progress?: Progress | null;
  /** A line of its log */
  log?: LogLine | null;
  /** How it ended */
  result?: Result | null;
};

/** The reply to Plan(). */
export type PlanReply = {
  /** The URL, without user name and password */
  url: string;
  /** The URL that answers, after redirects */
  answeredBy: string;
  /** Bytes to download, as transferred (that is, compressed), if the server says; 0 if all is here already */
  bytes?: Integer | null;
  /** The byte at which the download would go on, where an earlier pull of this image was interrupted; null if it would not */
  resumesAt?: Integer | null;
  /** How they are compressed, by the first of them; null if nothing would be downloaded or it is not supported */
  compression?: DownloadCompression | null;
  /** The ETag that the server gives, with its quotes */
  etag?: string | null;
  /** When the server says the image was last changed, in microseconds since 1970 */
  lastModified?: Integer | null;
  /** How the download would be verified */
  verify: VerifiedBy;
  /** The checksum file that lists the image and counts */
  checksumFile?: string | null;
  /** The digest listed there, or given by the caller: sha256 or sha512, a colon, and lower-case hexadecimal */
  digest?: string | null;
  /** The file that holds the signature of the checksum file; without a checksum file the one over the image itself */
  signatureFile?: string | null;
  /** The fingerprint of the key that signed the checksum file. Who signed the image itself is known when all of it has come */
  signedBy?: string | null;
  /** The user ID of that key, with control characters escaped */
  signerName?: string | null;
  /** The path of the trust entry that counts for the URL; null if none covers it */
  trustEntry?: string | null;
  /** Of a file in a registry, who demands signatures: paths of trust entries and policies, and --verify=signature */
  demandedBy?: string[] | null;
  /** The keys that may vouch for the download; null unless it would be verified by a signature */
  trustedKeys?: TrustedKey[] | null;
  /** The files beside the image that would be placed with it, such as an .nspawn or .roothash file */
  sidecars: string[];
  /** Whether the bytes are here already, and are those of the given digest or the server says they are current: then nothing is downloaded */
  fromCache: boolean;
  /** The path of the pristine, read-only download that is here or would be kept; null if none would be kept */
  pristinePath?: string | null;
  /** The path that the image would get; null if only the pristine download would be kept */
  path?: string | null;
  /** The paths of what 'force' would replace */
  replaces: string[];
  /** Bytes that are free where the image would be */
  bytesAvailable: Integer;
  /** The identifier of a transfer that downloads the same, which the pull would wait for and copy */
  waitsFor?: Integer | null;
  /** What stands in the way; the pull would go ahead if there is nothing */
  obstacles: Obstacle[];
};

/** The reply to PullOci(). */
export type PullOciReply = {
  /** The identifier of the transfer */
  id?: Integer | null;
  /** A moment of it */
  progress?: Progress | null;
  /** A line of its log */
  log?: LogLine | null;
  /** How it ended */
  result?: Result | null;
};

/** The reply to PlanOci(). */
export type PlanOciReply = {
  /** The reference that was given */
  reference: string;
  /** Where the image was found */
  location: RegistryLocation;
  /** The digest of the manifest */
  manifestDigest: string;
  /** The digest of the index that the manifest was chosen from; null if there was none */
  indexDigest?: string | null;
  /** How the image was verified */
  verifiedBy: VerifiedBy;
  /** The fingerprints of the keys whose signatures counted: in hexadecimal, SHA-256 of the SubjectPublicKeyInfo */
  signedBy: string[];
  /** Who demands signatures: paths of trust entries and policies, and --verify=signature */
  demandedBy: string[];
  /** The layers, the lowest first; one that is there twice is named once */
  layers: PlannedLayer[];
  /** Bytes to download, as transferred */
  bytes: Integer;
  /** How the image would be kept */
  layout: OciLayout;
  /** The path that the image would get */
  path: string;
  /** The paths of what 'force' would replace */
  replaces: string[];
  /** Bytes that are free where the image would be */
  bytesAvailable: Integer;
  /** What stands in the way; the pull would go ahead if there is nothing */
  obstacles: Obstacle[];
};

/** The reply to ResolveReference(). */
export type ResolveReferenceReply = {
  /** In the order that they are asked: mirrors first */
  locations: RegistryLocation[];
  /** The name that the image would get */
  name: string;
};

/** The reply to Import(). */
export type ImportReply = {
  /** The identifier of the transfer */
  id?: Integer | null;
  /** A moment of it */
  progress?: Progress | null;
  /** A line of its log */
  log?: LogLine | null;
  /** How it ended */
  result?: Result | null;
};

/** The reply to Export(). */
export type ExportReply = {
  /** The identifier of the transfer */
  id?: Integer | null;
  /** A moment of it */
  progress?: Progress | null;
  /** A line of its log */
  log?: LogLine | null;
  /** How it ended */
  result?: Result | null;
};

/** The reply to PushOci(). */
export type PushOciReply = {
  /** The identifier of the transfer */
  id?: Integer | null;
  /** A moment of it */
  progress?: Progress | null;
  /** A line of its log */
  log?: LogLine | null;
  /** How it ended */
  result?: Result | null;
};

/** The reply to Finish(). */
export type FinishReply = Record<never, never>;

/** The reply to List(). */
export type ListReply = {
  /** The transfers */
  transfers: Transfer[];
};

/** The reply to Watch(). */
export type WatchReply = {
  /** The identifier of the transfer */
  id?: Integer | null;
  /** A moment of it */
  progress?: Progress | null;
  /** A line of its log */
  log?: LogLine | null;
  /** How it ended */
  result?: Result | null;
};

/** The reply to Cancel(). */
export type CancelReply = Record<never, never>;
