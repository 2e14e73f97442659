// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { JsonValue } from '../../../varlink/idl/value.js';

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
  sha512: string | null;
  /** Bytes as transferred */
  bytes: number;
  verification: Verification;
  /** Fingerprint of the key that signed the checksum file */
  signedBy: string | null;
};

/** Which state of a sidecar came from the server. */
export type SidecarOrigin = {
  /** Such as .roothash */
  suffix: string;
  etag: string | null;
  /** Milliseconds since 1970 */
  lastModified: number | null;
};

/** What the fetch process found out, said when all bytes are through its pipes and verified. */
export type PullOutcome = {
  /** The pristine image to use when the server said that it is current; no bytes came through the pipes then */
  cachedPath: string | null;
  etag: string | null;
  /** When the server says the image was last changed, in milliseconds since 1970 */
  lastModified: number | null;
  /** Bytes sent to the placement process */
  sentBytes: number;
  /** Bytes sent to the decode process, as they came; 0 when nothing had to be decoded */
  encodedBytes: number;
  /** Null for a pristine image of which nothing was recorded: one that systemd-importd left */
  record: VerificationRecord | null;
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
  /** As transferred; null if the server does not say */
  bytes: number | null;
  /** Where the download goes on, in bytes; null if it begins at the first */
  resumesAt: number | null;
  /** Null if nothing would be downloaded, or it is not supported */
  compression: Compression | null;
  etag: string | null;
  /** Milliseconds since 1970 */
  lastModified: number | null;
  /** The pristine image that the server says is current */
  cachedPath: string | null;
  checksumFile: string | null;
  /** sha256: or sha512: and the digest in hexadecimal */
  digest: string | null;
  signatureFile: string | null;
  signedBy: string | null;
  signerName: string | null;
  /** The names of the sidecars that would come with it */
  sidecars: string[];
  obstacles: Obstacle[];
};

/** What a process of an import or export has moved. */
export type MovedBytes = {
  /** As they came from the fetch process or the caller, or went there */
  bytes: number;
  /** Of these, for the sender or receiver to compare; null in a pull */
  sha256: string | null;
  /** Through the pipe between the processes */
  decodedBytes: number;
};

/** What was placed. */
export type PlacementOutcome = {
  path: string | null;
  pristinePath: string | null;
  lossCount: number;
};

/** Something that was removed, or would be. */
export type Leftover = {
  path: string;
  bytes: number;
  reason: LeftoverReason;
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
  /** Null if it is not known */
  bytesTotal: number | null;
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

/**
 * What the processes of a transfer say to the service, on their descriptor 3: one JSON object a line, with the name of
 * the method as "type" and its parameters beside it. There are no replies. Nobody outside of the service calls these.
 * The service believes only what is written here: messages and enum values name the processes that may say them. The decode
 * process vouches for nothing: it may say what its counts of bytes are, how far it has come, and how it failed.
 * "Once" is said at most once by a process; after "Last" a process says nothing more.
 */
export const workerInterface = {
  name: 'io.ferry.Worker',
  /** The text of the definition, as introspection gives it. */
  description: `# What the processes of a transfer say to the service, on their descriptor 3: one JSON object a line, with the name of
# the method as "type" and its parameters beside it. There are no replies. Nobody outside of the service calls these.
# The service believes only what is written here: messages and enum values name the processes that may say them. The decode
# process vouches for nothing: it may say what its counts of bytes are, how far it has come, and how it failed.
# "Once" is said at most once by a process; after "Last" a process says nothing more.
interface io.ferry.Worker

# The form of an image.
type ImageFormat(
	tar,
	raw
)

# How bytes are compressed.
type Compression(
	uncompressed,
	xz,
	gzip,
	zstd,
	bzip2
)

# How a download was verified.
type Verification(
	no,
	checksum,
	signature
)

# The phases that a process can know of. How a transfer ends is for the service to say.
type WorkerPhase(
	# [Said by fetch]
	downloading,
	# [Said by fetch]
	verifying,
	# [Said by placement]
	importing,
	# [Said by placement]
	converting,
	# [Said by placement]
	installing,
	# [Said by placement]
	copying
)

# The failures that a process can know of: errors of io.ferry.Transfer.
type FailureKind(
	# [Said by placement, manage]
	ImageExists,
	# [Said by placement, manage]
	NoSuchImage,
	# [Said by placement, manage, cleanup]
	ImageBusy,
	# [Said by placement, manage]
	InvalidName,
	# [Said by fetch]
	InvalidUrl,
	# [Said by fetch]
	VerificationFailed,
	# [Said by fetch]
	DownloadFailed,
	# [Said by fetch, decode, placement, manage, convert]
	UnsupportedFormat,
	# [Said by decode, placement, manage, cleanup, convert]
	InsufficientSpace,
	# [Said by decode, placement, manage, convert]
	Corrupt,
	# [Said by fetch, decode, placement, manage, cleanup, convert]
	FileSystemError,
	# [Said by placement, manage]
	MetadataLost,
	# The programs on the disk are newer than the service
	# [Said by placement]
	ServiceStopping,
	# [Said by fetch, decode, placement, manage, cleanup, convert]
	WorkerFailed
)

# Why something was removed, or would be.
type LeftoverReason(
	original,
	partial,
	temporary
)

# How the bytes of a download were verified: what is recorded on the pristine image.
type VerificationRecord(
	# Lower-case hexadecimal
	sha256: string,
	# Lower-case hexadecimal
	sha512: ?string,
	# Bytes as transferred
	bytes: int,
	verification: Verification,
	# Fingerprint of the key that signed the checksum file
	signedBy: ?string
)

# Which state of a sidecar came from the server.
type SidecarOrigin(
	# Such as .roothash
	suffix: string,
	etag: ?string,
	# Milliseconds since 1970
	lastModified: ?int
)

# What the fetch process found out, said when all bytes are through its pipes and verified.
type PullOutcome(
	# The pristine image to use when the server said that it is current; no bytes came through the pipes then
	cachedPath: ?string,
	etag: ?string,
	# When the server says the image was last changed, in milliseconds since 1970
	lastModified: ?int,
	# Bytes sent to the placement process
	sentBytes: int,
	# Bytes sent to the decode process, as they came; 0 when nothing had to be decoded
	encodedBytes: int,
	# Null for a pristine image of which nothing was recorded: one that systemd-importd left
	record: ?VerificationRecord,
	# What the server said of the sidecars that came
	sidecars: []SidecarOrigin
)

# Something that would end a pull without an image.
type Obstacle(
	error: FailureKind,
	message: string
)

# What the fetch process found out about a download.
type PlannedDownload(
	# After redirects
	url: string,
	# As transferred; null if the server does not say
	bytes: ?int,
	# Where the download goes on, in bytes; null if it begins at the first
	resumesAt: ?int,
	# Null if nothing would be downloaded, or it is not supported
	compression: ?Compression,
	etag: ?string,
	# Milliseconds since 1970
	lastModified: ?int,
	# The pristine image that the server says is current
	cachedPath: ?string,
	checksumFile: ?string,
	# sha256: or sha512: and the digest in hexadecimal
	digest: ?string,
	signatureFile: ?string,
	signedBy: ?string,
	signerName: ?string,
	# The names of the sidecars that would come with it
	sidecars: []string,
	obstacles: []Obstacle
)

# What a process of an import or export has moved.
type MovedBytes(
	# As they came from the fetch process or the caller, or went there
	bytes: int,
	# Of these, for the sender or receiver to compare; null in a pull
	sha256: ?string,
	# Through the pipe between the processes
	decodedBytes: int
)

# What was placed.
type PlacementOutcome(
	path: ?string,
	pristinePath: ?string,
	lossCount: int
)

# Something that was removed, or would be.
type Leftover(
	path: string,
	bytes: int,
	reason: LeftoverReason
)

# A line for people. More lines than make sense are counted instead of shown.
# [Said by fetch, placement, manage, cleanup, convert]
method Log(
	# As in syslog(3), from 3 (error) to 7 (debugging)
	priority: int,
	message: string
) -> ()

# What the transfer does now.
# [Said by fetch, placement]
method Phase(
	phase: WorkerPhase
) -> ()

# How far the transfer has come. Of several in quick succession the last one counts.
# [Said by fetch, decode, placement]
method Progress(
	bytesDone: int,
	# Null if it is not known
	bytesTotal: ?int
) -> ()

# All bytes came through the pipes.
# [Said by placement]
# [Once]
method Received(
	# From the fetch process
	bytes: int,
	# From the decode process
	decodedBytes: int
) -> ()

# The download is compressed: it goes to the decode process.
# [Said by fetch]
# [Once]
method Encoded() -> ()

# All bytes of a download are through the pipes and verified.
# [Said by fetch]
# [Last]
method Fetched(
	outcome: PullOutcome
) -> ()

# What a pull would download.
# [Said by fetch]
# [Last]
method Planned(
	outcome: PlannedDownload
) -> ()

# All bytes are decoded or encoded, and through the pipe.
# [Said by decode]
# [Last]
method Moved(
	outcome: MovedBytes
) -> ()

# What the placement process of an export has read and sent, to the decode process or to the caller.
# [Said by placement]
# [Once]
method Exported(
	outcome: MovedBytes
) -> ()

# Whether the placement process reads the caller's descriptor itself, or needs the decode process to decode it.
# [Said by placement]
# [Once]
method Source(
	direct: bool,
	bytes: int
) -> ()

# The image has its name.
# [Said by placement]
# [Last]
method Placed(
	outcome: PlacementOutcome
) -> ()

# Some of what was removed, or would be. Said as often as it takes.
# [Said by manage, cleanup]
method Leftovers(
	leftovers: []Leftover
) -> ()

# What was asked for is done.
# [Said by manage]
# [Last]
method Managed() -> ()

# What ended transfers had left is removed.
# [Said by cleanup]
# [Last]
method Cleaned() -> ()

# An expected failure, which ends the transfer.
# [Said by fetch, decode, placement, manage, cleanup, convert]
# [Last]
method Failure(
	kind: FailureKind,
	message: string,
	# The other parameters of the error of io.ferry.Transfer
	facts: object
) -> ()

# A mistake of the program.
# [Said by fetch, decode, placement, manage, cleanup, convert]
# [Last]
method Bug(
	stack: string
) -> ()
`,
} as const;
