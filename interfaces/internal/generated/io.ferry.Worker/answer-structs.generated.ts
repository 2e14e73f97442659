// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { BlobFate, ChangedSince, CheckKind, DownloadCompression, FailureKind, ImageFormat, ImageState, KeyScheme, LeftoverReason, LossKind, ProvenanceOperation, ProvenanceState, SizeState, TreeOwners, UsageKind, Verdict, VerifiedBy } from './enums.generated.js';
import type { KnownSize, VerificationRecord } from './structs.generated.js';

/** Where an image came from: see io.ferry.Image. */
export type Provenance = {
  url?: string | undefined;
  etag?: string | undefined;
  lastModified?: number | undefined;
  sha256?: string | undefined;
  sha512?: string | undefined;
  bytes?: number | undefined;
  verification?: VerifiedBy | undefined;
  signedBy?: string | undefined;
  verifiedAt?: number | undefined;
  placedAt: number;
  version: string;
  pristine?: string | undefined;
  operation: ProvenanceOperation;
  clonedFrom?: string | undefined;
  uid: number;
};

/** See io.ferry.Transfer. */
export type PushedBlob = {
  mediaType: string;
  digest: string;
  bytes: number;
  fate: BlobFate;
};

/** A container image in an archive, all of whose parts have the digests that are said of them. */
export type CollectedImage = {
  image: ResolvedImage;
  /** Of its layers in the temporary file, in bytes */
  offsets: number[];
  /** From the decode process */
  bytes: number;
};

/** Something that would end a pull without an image. */
export type Obstacle = {
  error: FailureKind;
  message: string;
};

/** What the fetch process found out about a download. */
export type PlannedDownload = {
  /** After redirects */
  url: string;
  /** What the server calls the file; absent if it does not say */
  fileName?: string | undefined;
  /** As transferred; absent if the server does not say */
  bytes?: number | undefined;
  /** Where the download goes on, in bytes; absent if it begins at the first */
  resumesAt?: number | undefined;
  /** Absent if nothing would be downloaded, or it is not supported */
  compression?: DownloadCompression | undefined;
  etag?: string | undefined;
  /** Milliseconds since 1970 */
  lastModified?: number | undefined;
  /** The pristine image that the server says is current */
  cachedPath?: string | undefined;
  checksumFile?: string | undefined;
  /** sha256: or sha512: and the digest in hexadecimal */
  digest?: string | undefined;
  signatureFile?: string | undefined;
  signedBy?: string | undefined;
  signerName?: string | undefined;
  /** The names of the sidecars that would come with it */
  sidecars: string[];
  obstacles: Obstacle[];
};

/** What a process of an import or export has moved. */
export type MovedBytes = {
  /** As they came from the fetch process or the caller, or went there */
  bytes: number;
  /** Of these, for the sender or receiver to compare; absent in a pull */
  sha256?: string | undefined;
  /** Through the pipe between the processes */
  decodedBytes: number;
  /** Of these, where a layer has to have one */
  diffId?: string | undefined;
  /** How many followed the end of the compressed data and were left out; absent where nothing was decoded */
  ignoredBytes?: number | undefined;
  /** Of the OCI image that was made of them; absent for all else */
  manifestDigest?: string | undefined;
};

/** What was lost, of one kind. */
export type Loss = {
  kind: LossKind;
  count: number;
  examples: string[];
};

/** What was placed. */
export type PlacementOutcome = {
  path?: string | undefined;
  pristinePath?: string | undefined;
  lossCount: number;
  losses: Loss[];
};

/** What files of one kind take, see io.ferry.Image. */
export type KindUsage = {
  kind: UsageKind;
  count: number;
  bytes: number;
  /** How much of that cleaning could remove */
  reclaimable: number;
};

/** Something that was removed, or would be. */
export type Leftover = {
  path: string;
  bytes: number;
  reason: LeftoverReason;
  /** When it was placed or last written to, in µs since 1970 */
  time?: number | undefined;
};

/** One thing that was looked at, see io.ferry.Image. */
export type ImageCheck = {
  kind: CheckKind;
  verdict: Verdict;
  message: string;
  /** A path */
  subject?: string | undefined;
  expected?: string | undefined;
  found?: string | undefined;
  signedBy?: string | undefined;
};

/** The download that an image was made of, as it was recorded. */
export type KnownDownload = {
  /** Without user name and password */
  url: string;
  format: ImageFormat;
  record: VerificationRecord;
  /** The path of the pristine download; absent if it is gone */
  pristinePath?: string | undefined;
};

/** What is found in and about an image. */
export type ImageFindings = {
  /** Absent if it is not known */
  size?: KnownSize | undefined;
  sizeState: SizeState;
  /** Why it is not */
  sizeProblem?: string | undefined;
  /** How many directories could not be read, and are not in the size */
  unreadable: number;
  /** Whom the files of a tree belong to */
  owners?: TreeOwners | undefined;
  /** Of a subvolume */
  uuid?: string | undefined;
  /** Of the subvolume that it is a snapshot of */
  parentUuid?: string | undefined;
  /** Where that is, if it was found */
  parentPath?: string | undefined;
  sidecars: string[];
  /** The file that says what system is in it, as a path inside */
  releaseFile?: string | undefined;
  /** Its fields, NAME=VALUE */
  release: string[];
  /** Why there is none */
  releaseProblem?: string | undefined;
  state: ImageState;
  /** What makes it so: the name of a machine, or of a unit */
  stateOf?: string | undefined;
  provenance?: Provenance | undefined;
  provenanceState: ProvenanceState;
  changed: ChangedSince;
};

/** A key of a keyring, for people. */
export type DescribedKey = {
  scheme: KeyScheme;
  fingerprint: string;
  /** Fingerprints of subkeys */
  subkeys: string[];
  user: string;
  /** Until when signatures by it count, in milliseconds since 1970; absent if for ever */
  usableUntil?: number | undefined;
  /** Why no signature by it counts now */
  problem?: string | undefined;
  /** The path of its keyring */
  keyring: string;
};

/** A keyring without a key that can be read. */
export type UnusableKeyring = {
  keyring: string;
  message: string;
};

/** A layer of a container image. */
export type OciLayer = {
  /** sha256: or sha512: and lower-case hexadecimal */
  digest: string;
  /** As transferred */
  bytes: number;
  compression: DownloadCompression;
  /** That of the archive in it, in the same form; absent where the configuration does not say */
  diffId?: string | undefined;
};

/** What a reference to a container image stands for. */
export type ResolvedImage = {
  /** Which of the locations has it, counted from 0 */
  location: number;
  manifestDigest: string;
  /** Of what the reference itself names, where that is an index */
  indexDigest?: string | undefined;
  /** The configuration, JSON text */
  config: string;
  /** Lowest first */
  layers: OciLayer[];
  /** Fingerprints of the keys whose signatures counted */
  signers: string[];
  /** A token that the registry takes, a secret */
  token?: string | undefined;
};

/** A file of an artefact in a registry, with digest and bytes as OciLayer has them. */
export type ArtefactFile = {
  digest: string;
  bytes: number;
  /** What it is called; absent if nothing says */
  title?: string | undefined;
};

/** What a reference to an artefact stands for; all but the files is as in ResolvedImage. */
export type ResolvedArtefact = {
  location: number;
  manifestDigest: string;
  files: ArtefactFile[];
  signers: string[];
  token?: string | undefined;
};
