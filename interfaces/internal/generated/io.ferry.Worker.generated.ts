// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { InterfaceDefinition } from '../../../varlink/idl/ast.js';
import type { JsonValue } from '../../../varlink/idl/value.js';

/** Whose images they are. */
export type Scope =
  | 'system'
  | 'user';

/** All of {@link Scope}, in the order of the definition. */
export const scopeValues = ['system', 'user'] as const satisfies readonly Scope[];

/** What an image is used for. */
export type ImageClass =
  | 'machine'
  | 'portable'
  | 'sysext'
  | 'confext';

/** All of {@link ImageClass}, in the order of the definition. */
export const imageClassValues = ['machine', 'portable', 'sysext', 'confext'] as const satisfies readonly ImageClass[];

/** The form of an image. */
export type ImageFormat =
  | 'tar'
  | 'raw';

/** All of {@link ImageFormat}, in the order of the definition. */
export const imageFormatValues = ['tar', 'raw'] as const satisfies readonly ImageFormat[];

/** How bytes are compressed. */
export type Compression =
  | 'uncompressed'
  | 'xz'
  | 'gzip'
  | 'zstd'
  | 'bzip2';

/** All of {@link Compression}, in the order of the definition. */
export const compressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2'] as const satisfies readonly Compression[];

/** How the bytes of a download are compressed, as far as they are read. */
export type DownloadCompression =
  | 'uncompressed'
  | 'xz'
  | 'gzip'
  | 'zstd'
  | 'bzip2'
  | 'lz4'
  | 'lzma';

/** All of {@link DownloadCompression}, in the order of the definition. */
export const downloadCompressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2', 'lz4', 'lzma'] as const satisfies readonly DownloadCompression[];

/** How a download was verified. */
export type Verification =
  | 'no'
  | 'checksum'
  | 'signature';

/** All of {@link Verification}, in the order of the definition. */
export const verificationValues = ['no', 'checksum', 'signature'] as const satisfies readonly Verification[];

/** The phases that a process can know of. How a transfer ends is for the service to say. */
export type WorkerPhase =
  /** [Said by fetch] */
  | 'downloading'
  /** [Said by fetch] */
  | 'verifying'
  /** [Said by placement] */
  | 'importing'
  /** [Said by placement] */
  | 'converting'
  /** [Said by placement] */
  | 'installing'
  /** [Said by placement] */
  | 'copying';

/** All of {@link WorkerPhase}, in the order of the definition. */
export const workerPhaseValues = ['downloading', 'verifying', 'importing', 'converting', 'installing', 'copying'] as const satisfies readonly WorkerPhase[];

/** The failures that a process can know of: errors of io.ferry.Transfer. */
export type FailureKind =
  /** [Said by placement, manage] */
  | 'ImageExists'
  /** [Said by placement, manage] */
  | 'NoSuchImage'
  /** [Said by placement, manage, cleanup] */
  | 'ImageBusy'
  /** [Said by placement, manage] */
  | 'InvalidName'
  /** [Said by fetch] */
  | 'InvalidUrl'
  /** [Said by fetch] */
  | 'VerificationFailed'
  /** [Said by fetch] */
  | 'DownloadFailed'
  /** [Said by fetch, decode, placement, manage, convert] */
  | 'UnsupportedFormat'
  /** [Said by decode, placement, manage, cleanup, convert] */
  | 'InsufficientSpace'
  /** [Said by decode, placement, manage, convert] */
  | 'Corrupt'
  /** [Said by fetch, decode, placement, manage, cleanup, convert] */
  | 'FileSystemError'
  /** [Said by placement, manage] */
  | 'MetadataLost'
  /**
   * The programs on the disk are newer than the service
   * [Said by placement]
   */
  | 'ServiceStopping'
  /** [Said by fetch, decode, placement, manage, cleanup, convert] */
  | 'WorkerFailed';

/** All of {@link FailureKind}, in the order of the definition. */
export const failureKindValues = ['ImageExists', 'NoSuchImage', 'ImageBusy', 'InvalidName', 'InvalidUrl', 'VerificationFailed', 'DownloadFailed', 'UnsupportedFormat', 'InsufficientSpace', 'Corrupt', 'FileSystemError', 'MetadataLost', 'ServiceStopping', 'WorkerFailed'] as const satisfies readonly FailureKind[];

/** Why something was removed, or would be. */
export type LeftoverReason =
  | 'original'
  | 'partial'
  | 'temporary';

/** All of {@link LeftoverReason}, in the order of the definition. */
export const leftoverReasonValues = ['original', 'partial', 'temporary'] as const satisfies readonly LeftoverReason[];

/** How the bytes of a download were verified: what is recorded on the pristine image. */
export type VerificationRecord = {
  /** Lower-case hexadecimal */
  sha256: string;
  /** Lower-case hexadecimal */
  sha512?: string | undefined;
  /** Bytes as transferred */
  bytes: number;
  verification: Verification;
  /** Fingerprint of the key that signed the checksum file */
  signedBy?: string | undefined;
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
  /** How many followed the end of the compressed data and were left out; absent where nothing was decoded */
  ignoredBytes?: number | undefined;
};

/** What was placed. */
export type PlacementOutcome = {
  path?: string | undefined;
  pristinePath?: string | undefined;
  lossCount: number;
};

/** Something that was removed, or would be. */
export type Leftover = {
  path: string;
  bytes: number;
  reason: LeftoverReason;
};

/** What an image that comes by a pull or an import is to become. */
export type NewImage = {
  format: ImageFormat;
  class: ImageClass;
  /** The absolute path of the directory it goes to */
  imageRoot: string;
  /** Absent to keep the pristine download only */
  name?: string | undefined;
  force: boolean;
  readOnly: boolean;
  /** Bytes of allocated data */
  sizeMax: number;
  strict: boolean;
  /** Whether owners, device nodes and attributes that cannot be kept are counted rather than failures */
  lenient: boolean;
  scope: Scope;
  /** The command that starts the process which converts disk images, without its own arguments */
  convertCommand: string[];
};

/** A trusted OpenPGP keyring, read by the service. */
export type Keyring = {
  path: string;
  base64: string;
};

/** A pristine download that is already here. */
export type CachedOriginal = {
  path: string;
  etag?: string | undefined;
  record?: VerificationRecord | undefined;
};

/** The beginning of a download that an earlier pull has left. */
export type PartialSource = {
  /** Where the fetch process can read it */
  descriptor: number;
  /** How many of its bytes are safe */
  offset: number;
  /** What stood for the resource in If-Range */
  validator: string;
  /** Bytes of the whole resource, if the server said */
  total?: number | undefined;
};

/** The same, as it is recorded with it. */
export type PartialRecord = {
  /** Without user name and password */
  url: string;
  validator: string;
  total?: number | undefined;
  offset: number;
};

/** A header that is sent to one host. */
export type Credential = {
  /** Such as example.com or example.com:8443 */
  host: string;
  /** A whole header line */
  header: string;
};

/** What is downloaded, and how. */
export type Download = {
  /** As the caller gave it; may hold a user name and a password */
  url: string;
  format: ImageFormat;
  verification: Verification;
  /** Bytes per second */
  limitRate?: number | undefined;
  /** Whether to go on where a connection broke, and where an earlier pull was interrupted */
  resume: boolean;
  /** The text of the caller's netrc file, where the service may use it */
  netrc?: string | undefined;
  keyrings: Keyring[];
  cached: CachedOriginal[];
  /** Suffixes of the sidecars to look for beside the image, such as .roothash */
  sidecars: string[];
  partial?: PartialSource | undefined;
  /** For file: URLs the descriptors of the files there, opened by the service, by name */
  files?: Record<string, number> | undefined;
  credentials: Credential[];
  /** Proxy and certificate variables. They may hold passwords, so they are not in the environment of the process */
  environment: Record<string, string>;
};

/** An image that is managed. */
export type ManagedImage = {
  scope: Scope;
  class: ImageClass;
  name: string;
  /** A directory to look in instead of those of the class */
  root?: string | undefined;
};

/**
 * Downloads and verifies.
 * [Told to fetch]
 */
export type FetchPullMessage = {
  type: 'fetchPull';
  download: Download;
};

/**
 * Finds out what a pull would download, without doing it.
 * [Told to fetch]
 */
export type PlanPullMessage = {
  type: 'planPull';
  download: Download;
};

/**
 * Decodes what comes from the fetch process.
 * [Told to decode]
 */
export type DecodePullMessage = {
  type: 'decodePull';
  threads: number;
  /**
   * Whether the fetch process installs nothing without a checksum or signature that vouches for the download: then bytes after the end of
   * compressed data are left out rather than refused
   */
  verified: boolean;
};

/**
 * Decodes what comes from the descriptor that the caller pushed.
 * [Told to decode]
 */
export type DecodeImportMessage = {
  type: 'decodeImport';
  threads: number;
  /** Whether the sender will say what it has sent: then its digest is needed */
  digest: boolean;
  bytesTotal?: number | undefined;
};

/**
 * Encodes what comes from the placement process, into the descriptor that the caller pushed.
 * [Told to decode]
 */
export type EncodeExportMessage = {
  type: 'encodeExport';
  threads: number;
  compression: Compression;
  digest: boolean;
};

/**
 * Makes an image of what comes from the fetch and decode processes.
 * [Told to placement]
 */
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

/**
 * Makes an image of what comes from the caller's descriptor, or from the decode process.
 * [Told to placement]
 */
export type PlaceImportMessage = {
  type: 'placeImport';
  image: NewImage;
  /** Whether the descriptor that the caller pushed is a directory to be copied */
  directory: boolean;
  /** Whether the descriptor may be read directly when nothing has to be decoded */
  direct: boolean;
};

/**
 * Reads an image, and sends it to the caller or the decode process.
 * [Told to placement]
 */
export type PlaceExportMessage = {
  type: 'placeExport';
  format: ImageFormat;
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

/**
 * Permits to install what was pulled: all processes have reported the same counts of bytes.
 * [Told to placement]
 */
export type InstallPullMessage = {
  type: 'installPull';
  outcome: PullOutcome;
};

/**
 * Permits to install what was imported.
 * [Told to placement]
 */
export type InstallImportMessage = {
  type: 'installImport';
};

/**
 * All bytes of an export are with the caller: no more follow.
 * [Told to placement]
 */
export type EndExportMessage = {
  type: 'endExport';
};

/**
 * Removes an image.
 * [Told to manage]
 */
export type RemoveMessage = {
  type: 'remove';
  image: ManagedImage;
};

/**
 * Gives an image another name.
 * [Told to manage]
 */
export type RenameMessage = {
  type: 'rename';
  image: ManagedImage;
  newName: string;
};

/**
 * Copies an image.
 * [Told to manage]
 */
export type CloneMessage = {
  type: 'clone';
  image: ManagedImage;
  newName: string;
  readOnly: boolean;
};

/**
 * Makes an image read-only, or writable again.
 * [Told to manage]
 */
export type SetReadOnlyMessage = {
  type: 'setReadOnly';
  image: ManagedImage;
  readOnly: boolean;
};

/**
 * Removes what images have left.
 * [Told to manage]
 */
export type CleanMessage = {
  type: 'clean';
  scope: Scope;
  roots: string[];
  dryRun: boolean;
};

/**
 * Removes what ended transfers have left in an image directory.
 * [Told to cleanup]
 */
export type CleanRootMessage = {
  type: 'cleanRoot';
  root: string;
  /** The name of a partial download in it that is to go as well */
  partial?: string | undefined;
};

/**
 * A line for people. More lines than make sense are counted instead of shown.
 * [Said by fetch, placement, manage, cleanup, convert]
 */
export type LogMessage = {
  type: 'log';
  /** As in syslog(3), from 3 (error) to 7 (debugging) */
  priority: number;
  message: string;
};

/**
 * What the transfer does now.
 * [Said by fetch, placement]
 */
export type PhaseMessage = {
  type: 'phase';
  phase: WorkerPhase;
};

/**
 * How far the transfer has come. Of several in quick succession the last one counts.
 * [Said by fetch, decode, placement]
 */
export type ProgressMessage = {
  type: 'progress';
  bytesDone: number;
  /** Absent if it is not known */
  bytesTotal?: number | undefined;
};

/**
 * All bytes came through the pipes.
 * [Said by placement]
 * [Once]
 */
export type ReceivedMessage = {
  type: 'received';
  /** From the fetch process */
  bytes: number;
  /** From the decode process */
  decodedBytes: number;
};

/**
 * The download is compressed: it goes to the decode process.
 * [Said by fetch]
 * [Once]
 */
export type EncodedMessage = {
  type: 'encoded';
};

/**
 * All bytes of a download are through the pipes and verified.
 * [Said by fetch]
 * [Last]
 */
export type FetchedMessage = {
  type: 'fetched';
  outcome: PullOutcome;
};

/**
 * What a pull would download.
 * [Said by fetch]
 * [Last]
 */
export type PlannedMessage = {
  type: 'planned';
  outcome: PlannedDownload;
};

/**
 * All bytes are decoded or encoded, and through the pipe.
 * [Said by decode]
 * [Last]
 */
export type MovedMessage = {
  type: 'moved';
  outcome: MovedBytes;
};

/**
 * What the placement process of an export has read and sent, to the decode process or to the caller.
 * [Said by placement]
 * [Once]
 */
export type ExportedMessage = {
  type: 'exported';
  outcome: MovedBytes;
};

/**
 * Whether the placement process reads the caller's descriptor itself, or needs the decode process to decode it.
 * [Said by placement]
 * [Once]
 */
export type SourceMessage = {
  type: 'source';
  direct: boolean;
  bytes: number;
};

/**
 * The image has its name.
 * [Said by placement]
 * [Last]
 */
export type PlacedMessage = {
  type: 'placed';
  outcome: PlacementOutcome;
};

/**
 * Some of what was removed, or would be. Said as often as it takes.
 * [Said by manage, cleanup]
 */
export type LeftoversMessage = {
  type: 'leftovers';
  leftovers: Leftover[];
};

/**
 * What was asked for is done.
 * [Said by manage]
 * [Last]
 */
export type ManagedMessage = {
  type: 'managed';
};

/**
 * What ended transfers had left is removed.
 * [Said by cleanup]
 * [Last]
 */
export type CleanedMessage = {
  type: 'cleaned';
};

/**
 * An expected failure, which ends the transfer.
 * [Said by fetch, decode, placement, manage, cleanup, convert]
 * [Last]
 */
export type FailureMessage = {
  type: 'failure';
  kind: FailureKind;
  message: string;
  /** The other parameters of the error of io.ferry.Transfer */
  facts: Record<string, JsonValue>;
};

/**
 * A mistake of the program.
 * [Said by fetch, decode, placement, manage, cleanup, convert]
 * [Last]
 */
export type BugMessage = {
  type: 'bug';
  stack: string;
};

/** All messages of io.ferry.Worker. */
export type WorkerMessage =
  | FetchPullMessage
  | PlanPullMessage
  | DecodePullMessage
  | DecodeImportMessage
  | EncodeExportMessage
  | PlacePullMessage
  | PlaceImportMessage
  | PlaceExportMessage
  | InstallPullMessage
  | InstallImportMessage
  | EndExportMessage
  | RemoveMessage
  | RenameMessage
  | CloneMessage
  | SetReadOnlyMessage
  | CleanMessage
  | CleanRootMessage
  | LogMessage
  | PhaseMessage
  | ProgressMessage
  | ReceivedMessage
  | EncodedMessage
  | FetchedMessage
  | PlannedMessage
  | MovedMessage
  | ExportedMessage
  | SourceMessage
  | PlacedMessage
  | LeftoversMessage
  | ManagedMessage
  | CleanedMessage
  | FailureMessage
  | BugMessage;

/** The definition, as parseInterface() reads it. */
export const workerDefinition: InterfaceDefinition = {"name":"io.ferry.Worker","documentation":"What the service and the processes of a transfer say to one another, on descriptor 3 of the process: one JSON object a\nline, with the name of the method as \"type\" and its parameters beside it. There are no replies. These methods are\ninternal to the service.\nOrders name the process that they are told to. A process gets one order first; permissions may follow.\nOf what the processes say the service believes only what is written here: messages and enum values name the processes\nthat may say them. The decode process vouches for nothing: it may say what its counts of bytes are, how far it has come,\nand how it failed. \"Once\" is said at most once by a process; after \"Last\" a process says nothing more.","detachedComments":[],"members":[{"kind":"type","name":"Scope","documentation":"Whose images they are.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"system","documentation":"","detachedComments":[]},{"name":"user","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"ImageClass","documentation":"What an image is used for.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"machine","documentation":"","detachedComments":[]},{"name":"portable","documentation":"","detachedComments":[]},{"name":"sysext","documentation":"","detachedComments":[]},{"name":"confext","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"ImageFormat","documentation":"The form of an image.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"tar","documentation":"","detachedComments":[]},{"name":"raw","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"Compression","documentation":"How bytes are compressed.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"uncompressed","documentation":"","detachedComments":[]},{"name":"xz","documentation":"","detachedComments":[]},{"name":"gzip","documentation":"","detachedComments":[]},{"name":"zstd","documentation":"","detachedComments":[]},{"name":"bzip2","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"DownloadCompression","documentation":"How the bytes of a download are compressed, as far as they are read.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"uncompressed","documentation":"","detachedComments":[]},{"name":"xz","documentation":"","detachedComments":[]},{"name":"gzip","documentation":"","detachedComments":[]},{"name":"zstd","documentation":"","detachedComments":[]},{"name":"bzip2","documentation":"","detachedComments":[]},{"name":"lz4","documentation":"","detachedComments":[]},{"name":"lzma","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"Verification","documentation":"How a download was verified.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"no","documentation":"","detachedComments":[]},{"name":"checksum","documentation":"","detachedComments":[]},{"name":"signature","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"WorkerPhase","documentation":"The phases that a process can know of. How a transfer ends is for the service to say.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"downloading","documentation":"[Said by fetch]","detachedComments":[]},{"name":"verifying","documentation":"[Said by fetch]","detachedComments":[]},{"name":"importing","documentation":"[Said by placement]","detachedComments":[]},{"name":"converting","documentation":"[Said by placement]","detachedComments":[]},{"name":"installing","documentation":"[Said by placement]","detachedComments":[]},{"name":"copying","documentation":"[Said by placement]","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"FailureKind","documentation":"The failures that a process can know of: errors of io.ferry.Transfer.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"ImageExists","documentation":"[Said by placement, manage]","detachedComments":[]},{"name":"NoSuchImage","documentation":"[Said by placement, manage]","detachedComments":[]},{"name":"ImageBusy","documentation":"[Said by placement, manage, cleanup]","detachedComments":[]},{"name":"InvalidName","documentation":"[Said by placement, manage]","detachedComments":[]},{"name":"InvalidUrl","documentation":"[Said by fetch]","detachedComments":[]},{"name":"VerificationFailed","documentation":"[Said by fetch]","detachedComments":[]},{"name":"DownloadFailed","documentation":"[Said by fetch]","detachedComments":[]},{"name":"UnsupportedFormat","documentation":"[Said by fetch, decode, placement, manage, convert]","detachedComments":[]},{"name":"InsufficientSpace","documentation":"[Said by decode, placement, manage, cleanup, convert]","detachedComments":[]},{"name":"Corrupt","documentation":"[Said by decode, placement, manage, convert]","detachedComments":[]},{"name":"FileSystemError","documentation":"[Said by fetch, decode, placement, manage, cleanup, convert]","detachedComments":[]},{"name":"MetadataLost","documentation":"[Said by placement, manage]","detachedComments":[]},{"name":"ServiceStopping","documentation":"The programs on the disk are newer than the service\n[Said by placement]","detachedComments":[]},{"name":"WorkerFailed","documentation":"[Said by fetch, decode, placement, manage, cleanup, convert]","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"LeftoverReason","documentation":"Why something was removed, or would be.","detachedComments":[],"type":{"kind":"enum","values":[{"name":"original","documentation":"","detachedComments":[]},{"name":"partial","documentation":"","detachedComments":[]},{"name":"temporary","documentation":"","detachedComments":[]}],"closingComments":[]}},{"kind":"type","name":"VerificationRecord","documentation":"How the bytes of a download were verified: what is recorded on the pristine image.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"sha256","documentation":"Lower-case hexadecimal","detachedComments":[],"type":{"kind":"string"}},{"name":"sha512","documentation":"Lower-case hexadecimal","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"bytes","documentation":"Bytes as transferred","detachedComments":[],"type":{"kind":"int"}},{"name":"verification","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Verification"}},{"name":"signedBy","documentation":"Fingerprint of the key that signed the checksum file","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}}],"closingComments":[]}},{"kind":"type","name":"SidecarOrigin","documentation":"Which state of a sidecar came from the server.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"suffix","documentation":"Such as .roothash","detachedComments":[],"type":{"kind":"string"}},{"name":"etag","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"lastModified","documentation":"Milliseconds since 1970","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}}],"closingComments":[]}},{"kind":"type","name":"PullOutcome","documentation":"What the fetch process found out, said when all bytes are through its pipes and verified.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"cachedPath","documentation":"The pristine image to use when the server said that it is current; no bytes came through the pipes then","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"etag","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"lastModified","documentation":"When the server says the image was last changed, in milliseconds since 1970","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}},{"name":"sentBytes","documentation":"Bytes sent to the placement process","detachedComments":[],"type":{"kind":"int"}},{"name":"encodedBytes","documentation":"Bytes sent to the decode process, as they came; 0 when nothing had to be decoded","detachedComments":[],"type":{"kind":"int"}},{"name":"record","documentation":"Absent for a pristine image of which nothing was recorded: one that systemd-importd left","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"named","name":"VerificationRecord"}}},{"name":"sidecars","documentation":"What the server said of the sidecars that came","detachedComments":[],"type":{"kind":"array","element":{"kind":"named","name":"SidecarOrigin"}}}],"closingComments":[]}},{"kind":"type","name":"Obstacle","documentation":"Something that would end a pull without an image.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"error","documentation":"","detachedComments":[],"type":{"kind":"named","name":"FailureKind"}},{"name":"message","documentation":"","detachedComments":[],"type":{"kind":"string"}}],"closingComments":[]}},{"kind":"type","name":"PlannedDownload","documentation":"What the fetch process found out about a download.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"url","documentation":"After redirects","detachedComments":[],"type":{"kind":"string"}},{"name":"bytes","documentation":"As transferred; absent if the server does not say","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}},{"name":"resumesAt","documentation":"Where the download goes on, in bytes; absent if it begins at the first","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}},{"name":"compression","documentation":"Absent if nothing would be downloaded, or it is not supported","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"named","name":"DownloadCompression"}}},{"name":"etag","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"lastModified","documentation":"Milliseconds since 1970","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}},{"name":"cachedPath","documentation":"The pristine image that the server says is current","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"checksumFile","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"digest","documentation":"sha256: or sha512: and the digest in hexadecimal","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"signatureFile","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"signedBy","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"signerName","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"sidecars","documentation":"The names of the sidecars that would come with it","detachedComments":[],"type":{"kind":"array","element":{"kind":"string"}}},{"name":"obstacles","documentation":"","detachedComments":[],"type":{"kind":"array","element":{"kind":"named","name":"Obstacle"}}}],"closingComments":[]}},{"kind":"type","name":"MovedBytes","documentation":"What a process of an import or export has moved.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"bytes","documentation":"As they came from the fetch process or the caller, or went there","detachedComments":[],"type":{"kind":"int"}},{"name":"sha256","documentation":"Of these, for the sender or receiver to compare; absent in a pull","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"decodedBytes","documentation":"Through the pipe between the processes","detachedComments":[],"type":{"kind":"int"}},{"name":"ignoredBytes","documentation":"How many followed the end of the compressed data and were left out; absent where nothing was decoded","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}}],"closingComments":[]}},{"kind":"type","name":"PlacementOutcome","documentation":"What was placed.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"path","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"pristinePath","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"lossCount","documentation":"","detachedComments":[],"type":{"kind":"int"}}],"closingComments":[]}},{"kind":"type","name":"Leftover","documentation":"Something that was removed, or would be.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"path","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"bytes","documentation":"","detachedComments":[],"type":{"kind":"int"}},{"name":"reason","documentation":"","detachedComments":[],"type":{"kind":"named","name":"LeftoverReason"}}],"closingComments":[]}},{"kind":"type","name":"NewImage","documentation":"What an image that comes by a pull or an import is to become.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"format","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ImageFormat"}},{"name":"class","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ImageClass"}},{"name":"imageRoot","documentation":"The absolute path of the directory it goes to","detachedComments":[],"type":{"kind":"string"}},{"name":"name","documentation":"Absent to keep the pristine download only","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"force","documentation":"","detachedComments":[],"type":{"kind":"bool"}},{"name":"readOnly","documentation":"","detachedComments":[],"type":{"kind":"bool"}},{"name":"sizeMax","documentation":"Bytes of allocated data","detachedComments":[],"type":{"kind":"int"}},{"name":"strict","documentation":"","detachedComments":[],"type":{"kind":"bool"}},{"name":"lenient","documentation":"Whether owners, device nodes and attributes that cannot be kept are counted rather than failures","detachedComments":[],"type":{"kind":"bool"}},{"name":"scope","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Scope"}},{"name":"convertCommand","documentation":"The command that starts the process which converts disk images, without its own arguments","detachedComments":[],"type":{"kind":"array","element":{"kind":"string"}}}],"closingComments":[]}},{"kind":"type","name":"Keyring","documentation":"A trusted OpenPGP keyring, read by the service.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"path","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"base64","documentation":"","detachedComments":[],"type":{"kind":"string"}}],"closingComments":[]}},{"kind":"type","name":"CachedOriginal","documentation":"A pristine download that is already here.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"path","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"etag","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"record","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"named","name":"VerificationRecord"}}}],"closingComments":[]}},{"kind":"type","name":"PartialSource","documentation":"The beginning of a download that an earlier pull has left.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"descriptor","documentation":"Where the fetch process can read it","detachedComments":[],"type":{"kind":"int"}},{"name":"offset","documentation":"How many of its bytes are safe","detachedComments":[],"type":{"kind":"int"}},{"name":"validator","documentation":"What stood for the resource in If-Range","detachedComments":[],"type":{"kind":"string"}},{"name":"total","documentation":"Bytes of the whole resource, if the server said","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}}],"closingComments":[]}},{"kind":"type","name":"PartialRecord","documentation":"The same, as it is recorded with it.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"url","documentation":"Without user name and password","detachedComments":[],"type":{"kind":"string"}},{"name":"validator","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"total","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}},{"name":"offset","documentation":"","detachedComments":[],"type":{"kind":"int"}}],"closingComments":[]}},{"kind":"type","name":"Credential","documentation":"A header that is sent to one host.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"host","documentation":"Such as example.com or example.com:8443","detachedComments":[],"type":{"kind":"string"}},{"name":"header","documentation":"A whole header line","detachedComments":[],"type":{"kind":"string"}}],"closingComments":[]}},{"kind":"type","name":"Download","documentation":"What is downloaded, and how.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"url","documentation":"As the caller gave it; may hold a user name and a password","detachedComments":[],"type":{"kind":"string"}},{"name":"format","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ImageFormat"}},{"name":"verification","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Verification"}},{"name":"limitRate","documentation":"Bytes per second","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}},{"name":"resume","documentation":"Whether to go on where a connection broke, and where an earlier pull was interrupted","detachedComments":[],"type":{"kind":"bool"}},{"name":"netrc","documentation":"The text of the caller's netrc file, where the service may use it","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}},{"name":"keyrings","documentation":"","detachedComments":[],"type":{"kind":"array","element":{"kind":"named","name":"Keyring"}}},{"name":"cached","documentation":"","detachedComments":[],"type":{"kind":"array","element":{"kind":"named","name":"CachedOriginal"}}},{"name":"sidecars","documentation":"Suffixes of the sidecars to look for beside the image, such as .roothash","detachedComments":[],"type":{"kind":"array","element":{"kind":"string"}}},{"name":"partial","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"named","name":"PartialSource"}}},{"name":"files","documentation":"For file: URLs the descriptors of the files there, opened by the service, by name","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"map","element":{"kind":"int"}}}},{"name":"credentials","documentation":"","detachedComments":[],"type":{"kind":"array","element":{"kind":"named","name":"Credential"}}},{"name":"environment","documentation":"Proxy and certificate variables. They may hold passwords, so they are not in the environment of the process","detachedComments":[],"type":{"kind":"map","element":{"kind":"string"}}}],"closingComments":[]}},{"kind":"type","name":"ManagedImage","documentation":"An image that is managed.","detachedComments":[],"type":{"kind":"struct","fields":[{"name":"scope","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Scope"}},{"name":"class","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ImageClass"}},{"name":"name","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"root","documentation":"A directory to look in instead of those of the class","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}}],"closingComments":[]}},{"kind":"method","name":"FetchPull","documentation":"Downloads and verifies.\n[Told to fetch]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"download","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Download"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"PlanPull","documentation":"Finds out what a pull would download, without doing it.\n[Told to fetch]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"download","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Download"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"DecodePull","documentation":"Decodes what comes from the fetch process.\n[Told to decode]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"threads","documentation":"","detachedComments":[],"type":{"kind":"int"}},{"name":"verified","documentation":"Whether the fetch process installs nothing without a checksum or signature that vouches for the download: then bytes after the end of\ncompressed data are left out rather than refused","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"DecodeImport","documentation":"Decodes what comes from the descriptor that the caller pushed.\n[Told to decode]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"threads","documentation":"","detachedComments":[],"type":{"kind":"int"}},{"name":"digest","documentation":"Whether the sender will say what it has sent: then its digest is needed","detachedComments":[],"type":{"kind":"bool"}},{"name":"bytesTotal","documentation":"","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"EncodeExport","documentation":"Encodes what comes from the placement process, into the descriptor that the caller pushed.\n[Told to decode]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"threads","documentation":"","detachedComments":[],"type":{"kind":"int"}},{"name":"compression","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Compression"}},{"name":"digest","documentation":"","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"PlacePull","documentation":"Makes an image of what comes from the fetch and decode processes.\n[Told to placement]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"image","documentation":"","detachedComments":[],"type":{"kind":"named","name":"NewImage"}},{"name":"url","documentation":"Without user name and password","detachedComments":[],"type":{"kind":"string"}},{"name":"keepDownload","documentation":"","detachedComments":[],"type":{"kind":"bool"}},{"name":"sidecars","documentation":"Suffixes of the sidecars that the fetch process was asked for: no others are taken","detachedComments":[],"type":{"kind":"array","element":{"kind":"string"}}},{"name":"resumable","documentation":"Whether the beginning of the download is kept when it is interrupted","detachedComments":[],"type":{"kind":"bool"}},{"name":"partial","documentation":"What an earlier pull has left of this download, locked, behind the descriptors of the pipes","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"named","name":"PartialRecord"}}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"PlaceImport","documentation":"Makes an image of what comes from the caller's descriptor, or from the decode process.\n[Told to placement]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"image","documentation":"","detachedComments":[],"type":{"kind":"named","name":"NewImage"}},{"name":"directory","documentation":"Whether the descriptor that the caller pushed is a directory to be copied","detachedComments":[],"type":{"kind":"bool"}},{"name":"direct","documentation":"Whether the descriptor may be read directly when nothing has to be decoded","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"PlaceExport","documentation":"Reads an image, and sends it to the caller or the decode process.\n[Told to placement]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"format","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ImageFormat"}},{"name":"name","documentation":"For people","detachedComments":[],"type":{"kind":"string"}},{"name":"scope","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Scope"}},{"name":"path","documentation":"The image","detachedComments":[],"type":{"kind":"string"}},{"name":"encoded","documentation":"Whether the bytes go to the decode process, to be compressed, and not to the caller's descriptor","detachedComments":[],"type":{"kind":"bool"}},{"name":"digest","documentation":"","detachedComments":[],"type":{"kind":"bool"}},{"name":"wholeFile","documentation":"Whether the caller's descriptor is an empty file: it can have holes then, and be given what is known of the image","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"InstallPull","documentation":"Permits to install what was pulled: all processes have reported the same counts of bytes.\n[Told to placement]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"outcome","documentation":"","detachedComments":[],"type":{"kind":"named","name":"PullOutcome"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"InstallImport","documentation":"Permits to install what was imported.\n[Told to placement]","detachedComments":[],"input":{"kind":"struct","fields":[],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"EndExport","documentation":"All bytes of an export are with the caller: no more follow.\n[Told to placement]","detachedComments":[],"input":{"kind":"struct","fields":[],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Remove","documentation":"Removes an image.\n[Told to manage]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"image","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ManagedImage"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Rename","documentation":"Gives an image another name.\n[Told to manage]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"image","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ManagedImage"}},{"name":"newName","documentation":"","detachedComments":[],"type":{"kind":"string"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Clone","documentation":"Copies an image.\n[Told to manage]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"image","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ManagedImage"}},{"name":"newName","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"readOnly","documentation":"","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"SetReadOnly","documentation":"Makes an image read-only, or writable again.\n[Told to manage]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"image","documentation":"","detachedComments":[],"type":{"kind":"named","name":"ManagedImage"}},{"name":"readOnly","documentation":"","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Clean","documentation":"Removes what images have left.\n[Told to manage]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"scope","documentation":"","detachedComments":[],"type":{"kind":"named","name":"Scope"}},{"name":"roots","documentation":"","detachedComments":[],"type":{"kind":"array","element":{"kind":"string"}}},{"name":"dryRun","documentation":"","detachedComments":[],"type":{"kind":"bool"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"CleanRoot","documentation":"Removes what ended transfers have left in an image directory.\n[Told to cleanup]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"root","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"partial","documentation":"The name of a partial download in it that is to go as well","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"string"}}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Log","documentation":"A line for people. More lines than make sense are counted instead of shown.\n[Said by fetch, placement, manage, cleanup, convert]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"priority","documentation":"As in syslog(3), from 3 (error) to 7 (debugging)","detachedComments":[],"type":{"kind":"int"}},{"name":"message","documentation":"","detachedComments":[],"type":{"kind":"string"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Phase","documentation":"What the transfer does now.\n[Said by fetch, placement]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"phase","documentation":"","detachedComments":[],"type":{"kind":"named","name":"WorkerPhase"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Progress","documentation":"How far the transfer has come. Of several in quick succession the last one counts.\n[Said by fetch, decode, placement]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"bytesDone","documentation":"","detachedComments":[],"type":{"kind":"int"}},{"name":"bytesTotal","documentation":"Absent if it is not known","detachedComments":[],"type":{"kind":"nullable","inner":{"kind":"int"}}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Received","documentation":"All bytes came through the pipes.\n[Said by placement]\n[Once]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"bytes","documentation":"From the fetch process","detachedComments":[],"type":{"kind":"int"}},{"name":"decodedBytes","documentation":"From the decode process","detachedComments":[],"type":{"kind":"int"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Encoded","documentation":"The download is compressed: it goes to the decode process.\n[Said by fetch]\n[Once]","detachedComments":[],"input":{"kind":"struct","fields":[],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Fetched","documentation":"All bytes of a download are through the pipes and verified.\n[Said by fetch]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"outcome","documentation":"","detachedComments":[],"type":{"kind":"named","name":"PullOutcome"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Planned","documentation":"What a pull would download.\n[Said by fetch]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"outcome","documentation":"","detachedComments":[],"type":{"kind":"named","name":"PlannedDownload"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Moved","documentation":"All bytes are decoded or encoded, and through the pipe.\n[Said by decode]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"outcome","documentation":"","detachedComments":[],"type":{"kind":"named","name":"MovedBytes"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Exported","documentation":"What the placement process of an export has read and sent, to the decode process or to the caller.\n[Said by placement]\n[Once]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"outcome","documentation":"","detachedComments":[],"type":{"kind":"named","name":"MovedBytes"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Source","documentation":"Whether the placement process reads the caller's descriptor itself, or needs the decode process to decode it.\n[Said by placement]\n[Once]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"direct","documentation":"","detachedComments":[],"type":{"kind":"bool"}},{"name":"bytes","documentation":"","detachedComments":[],"type":{"kind":"int"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Placed","documentation":"The image has its name.\n[Said by placement]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"outcome","documentation":"","detachedComments":[],"type":{"kind":"named","name":"PlacementOutcome"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Leftovers","documentation":"Some of what was removed, or would be. Said as often as it takes.\n[Said by manage, cleanup]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"leftovers","documentation":"","detachedComments":[],"type":{"kind":"array","element":{"kind":"named","name":"Leftover"}}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Managed","documentation":"What was asked for is done.\n[Said by manage]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Cleaned","documentation":"What ended transfers had left is removed.\n[Said by cleanup]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Failure","documentation":"An expected failure, which ends the transfer.\n[Said by fetch, decode, placement, manage, cleanup, convert]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"kind","documentation":"","detachedComments":[],"type":{"kind":"named","name":"FailureKind"}},{"name":"message","documentation":"","detachedComments":[],"type":{"kind":"string"}},{"name":"facts","documentation":"The other parameters of the error of io.ferry.Transfer","detachedComments":[],"type":{"kind":"object"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}},{"kind":"method","name":"Bug","documentation":"A mistake of the program.\n[Said by fetch, decode, placement, manage, cleanup, convert]\n[Last]","detachedComments":[],"input":{"kind":"struct","fields":[{"name":"stack","documentation":"","detachedComments":[],"type":{"kind":"string"}}],"closingComments":[]},"output":{"kind":"struct","fields":[],"closingComments":[]},"flags":{"requiresMore":false,"supportsMore":false,"requiresUpgrade":false,"supportsUpgrade":false}}],"closingComments":[]};
