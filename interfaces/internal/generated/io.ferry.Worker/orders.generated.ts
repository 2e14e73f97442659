// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Compression, ExportFormat, LayerCompression, OciLayout, Scope, VerifiedBy } from './enums.generated.js';
import type { Download, Keyring, ManagedImage, NewImage, PartialRecord, Platform, ProvenanceOrder, PushedArtefact, RegistryAccess, ShownImage, SoughtReference } from './order-structs.generated.js';
import type { PullOutcome, VerificationRecord } from './structs.generated.js';

/** Downloads and verifies. */
export type FetchPullMessage = {
  type: 'fetchPull';
  download: Download;
};

/** Finds out what a pull would download, without doing it. */
export type PlanPullMessage = {
  type: 'planPull';
  download: Download;
};

/** Finds out what a reference to a container image stands for, from the first location that says. */
export type ResolveOciMessage = {
  type: 'resolveOci';
  sought: SoughtReference;
};

/** The same for a reference to an artefact. */
export type ResolveArtefactMessage = {
  type: 'resolveArtefact';
  sought: SoughtReference;
};

/** Sends an image to a registry. The file that has its bytes is the first descriptor. */
export type PushOciMessage = {
  type: 'pushOci';
  /** Where the registry may be, in the order to try */
  locations: RegistryAccess[];
  tag: string;
  /** That the file is the archive of an OCI image, and the digest of the manifest in it */
  manifestDigest?: string | undefined;
  /** That the file is a disk image */
  artefact?: PushedArtefact | undefined;
  /** Repositories of the registry that may have the same bytes */
  mountFrom: string[];
  /** Bytes per second */
  limitRate?: number | undefined;
  resume: boolean;
  dryRun: boolean;
  /** As that of a download */
  environment: Record<string, string>;
};

/** Finds out which keys are in some keyrings. */
export type DescribeKeysMessage = {
  type: 'describeKeys';
  keyrings: Keyring[];
};

/** Decodes what comes from the fetch process. */
export type DecodePullMessage = {
  type: 'decodePull';
  threads: number;
  /**
   * Whether the fetch process installs nothing without a checksum or signature that vouches for the download: then bytes after the end of
   * compressed data are left out rather than refused
   */
  verified: boolean;
  /** What the decoded bytes of a layer have to have: the same algorithm is used */
  diffId?: string | undefined;
};

/** Decodes what comes from the descriptor that the caller pushed. */
export type DecodeImportMessage = {
  type: 'decodeImport';
  threads: number;
  /** Whether the sender will say what it has sent: then its digest is needed */
  digest: boolean;
  bytesTotal?: number | undefined;
};

/** Encodes what comes from the placement process, into the descriptor that the caller pushed. */
export type EncodeExportMessage = {
  type: 'encodeExport';
  threads: number;
  compression: Compression;
  digest: boolean;
};

/**
 * Keeps the files of an archive of container images, which come from the decode process, in a temporary file, and finds one of them. That
 * file follows the end of the pipe.
 */
export type CollectOciMessage = {
  type: 'collectOci';
  tag?: string | undefined;
  platform: Platform;
  /** Bytes of all files */
  sizeMax: number;
};

/** Makes the archive of an OCI image of what comes from the placement process: its layer, then its configuration. */
export type EncodeOciMessage = {
  type: 'encodeOci';
  threads: number;
  compression: LayerCompression;
  digest: boolean;
  /** The name that those who unpack the archive may give the image; absent if it can have none there */
  name?: string | undefined;
  /** Whether the layer goes straight into the caller's descriptor, an empty file; else a temporary file for it follows that descriptor */
  inPlace: boolean;
};

/** Makes an image of what comes from the fetch and decode processes. */
export type PlacePullMessage = {
  type: 'placePull';
  image: NewImage;
  /** Without user name and password */
  url: string;
  keepDownload: boolean;
  /** Suffixes of the sidecars that the fetch process was asked for: no others are taken */
  sidecars: string[];
  /** Whether the beginning of the download is kept when it is interrupted */
  resumable: boolean;
  /** What an earlier pull has left of this download, locked, behind the descriptors of the pipes */
  partial?: PartialRecord | undefined;
};

/** Unpacks a layer of a container image, which comes from the fetch and decode processes, and keeps it. InstallPull permits it. */
export type PlaceLayerMessage = {
  type: 'placeLayer';
  /** The absolute path of the directory that it goes to */
  imageRoot: string;
  /** That of the layer as it is transferred */
  digest: string;
  /** That of the archive in it, once it may be installed */
  diffId?: string | undefined;
  /** Bytes of allocated data */
  sizeMax: number;
  /** Whether it fails if anything cannot be stored exactly */
  strict: boolean;
  /** Whether it may become a subvolume on btrfs, to be snapshotted */
  subvolume: boolean;
  scope: Scope;
};

/** Makes an image of layers that are there, and installs it. */
export type PlaceOciMessage = {
  type: 'placeOci';
  image: NewImage;
  /** Their digests, the lowest one first */
  layers: string[];
  layout: OciLayout;
  /** The text of its .nspawn file */
  settings?: string | undefined;
  /** The text of its .oci-config file */
  config?: string | undefined;
  /** Where it comes from */
  url?: string | undefined;
  /** That of its manifest */
  manifestDigest?: string | undefined;
  /** How that was verified; absent for an import */
  verification?: VerifiedBy | undefined;
  /** Fingerprint of the key whose signature counted */
  signedBy?: string | undefined;
};

/** Makes an image of what comes from the caller's descriptor, or from the decode process. */
export type PlaceImportMessage = {
  type: 'placeImport';
  image: NewImage;
  /** Whether the descriptor that the caller pushed is a directory to be copied */
  directory: boolean;
  /** Whether the descriptor may be read directly when nothing has to be decoded */
  direct: boolean;
};

/** Reads an image, and sends it to the caller or the decode process. */
export type PlaceExportMessage = {
  type: 'placeExport';
  format: ExportFormat;
  /** For people */
  name: string;
  scope: Scope;
  /** The image */
  path: string;
  /** Whether the bytes go to the decode process, to be compressed, and not to the caller's descriptor */
  encoded: boolean;
  digest: boolean;
  /** Whether the caller's descriptor is an empty file: it can have holes then, and be given what is known of the image */
  wholeFile: boolean;
};

/** Permits to install what was pulled: all processes have reported the same counts of bytes. */
export type InstallPullMessage = {
  type: 'installPull';
  outcome: PullOutcome;
};

/** Permits to install what was imported. */
export type InstallImportMessage = {
  type: 'installImport';
};

/** All bytes of an export are with the caller: no more follow. */
export type EndExportMessage = {
  type: 'endExport';
};

/** Removes an image. */
export type RemoveMessage = {
  type: 'remove';
  image: ManagedImage;
};

/** Gives an image another name. */
export type RenameMessage = {
  type: 'rename';
  image: ManagedImage;
  newName: string;
};

/** Copies an image. */
export type CloneMessage = {
  type: 'clone';
  image: ManagedImage;
  newName: string;
  readOnly: boolean;
  /** Absent where nothing can be recorded */
  provenance?: ProvenanceOrder | undefined;
};

/** Makes an image read-only, or writable again. */
export type SetReadOnlyMessage = {
  type: 'setReadOnly';
  image: ManagedImage;
  readOnly: boolean;
};

/** Removes what images have left. */
export type CleanMessage = {
  type: 'clean';
  scope: Scope;
  roots: string[];
  dryRun: boolean;
  /** Only what is at least so many µs old */
  olderThan?: number | undefined;
  /** Of each URL, so many of the newest pristine downloads stay */
  keep?: number | undefined;
  /** Of pristine downloads, only those that no image came from */
  unused: boolean;
  /** The key that authenticates provenance records, a secret; absent if it does not exist or is not needed */
  provenanceKey?: string | undefined;
  /** The URLs of pulls under way, whose downloads stay */
  pulled: string[];
};

/** Adds up what is in image directories. */
export type UsageMessage = {
  type: 'usage';
  directories: string[];
  scope: Scope;
};

/** Holds an image against what was recorded of it. */
export type ExamineMessage = {
  type: 'examine';
  image: ManagedImage;
  /** Base64; absent if there is none, or it cannot be read */
  provenanceKey?: string | undefined;
};

/** Holds what was recorded of a download against checksum and signature files: those that are kept, or those of the server. */
export type JudgeMessage = {
  type: 'judge';
  download: Download;
  record: VerificationRecord;
  /** The path of the kept files; absent to fetch them */
  proofsPath?: string | undefined;
  /** Their archive in base64; absent to fetch them */
  proofs?: string | undefined;
};

/** Looks at images. */
export type ShowMessage = {
  type: 'show';
  scope: Scope;
  images: ShownImage[];
  /** Whether sizes are counted that are known */
  recount: boolean;
  /** The key of the records of where images came from, a secret; absent where there is none */
  provenanceKey?: string | undefined;
};

/** Removes what ended transfers have left in an image directory. */
export type CleanRootMessage = {
  type: 'cleanRoot';
  root: string;
  /** The name of a partial download in it that is to go as well */
  partial?: string | undefined;
};
