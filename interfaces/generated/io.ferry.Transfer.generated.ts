// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, UpgradedCall, VarlinkClient } from '../../varlink/client/client.js';
import type { Integer } from '../../varlink/idl/value.js';
import type { ServerCall } from '../../varlink/server/call.js';

/** What an image is used for. Decides the directory it is kept in. */
export type ImageClass =
  /** A virtual machine or a full container: /var/lib/machines */
  | 'machine'
  /** A portable service: /var/lib/portables */
  | 'portable'
  /** A system extension: /var/lib/extensions */
  | 'sysext'
  /** A configuration extension: /var/lib/confexts */
  | 'confext';

/** All of {@link ImageClass}, in the order of the definition. */
export const imageClassValues = ['machine', 'portable', 'sysext', 'confext'] as const satisfies readonly ImageClass[];

/** The form of an image. */
export type ImageFormat =
  /** A directory tree, carried as a tar archive */
  | 'tar'
  /** A disk image, carried as is or as qcow2 */
  | 'raw';

/** All of {@link ImageFormat}, in the order of the definition. */
export const imageFormatValues = ['tar', 'raw'] as const satisfies readonly ImageFormat[];

/** Where an imported image comes from. */
export type ImportFormat =
  /** A tar archive, possibly compressed */
  | 'tar'
  /** A raw or qcow2 disk image, possibly compressed */
  | 'raw'
  /** A directory descriptor */
  | 'directory';

/** All of {@link ImportFormat}, in the order of the definition. */
export const importFormatValues = ['tar', 'raw', 'directory'] as const satisfies readonly ImportFormat[];

/** How exported bytes are compressed. */
export type Compression =
  /** Not at all */
  | 'uncompressed'
  /** xz, as understood by xz(1) */
  | 'xz'
  /** gzip, as understood by gzip(1) */
  | 'gzip'
  /** Zstandard, as understood by zstd(1) */
  | 'zstd'
  /** bzip2, as understood by bzip2(1) */
  | 'bzip2';

/** All of {@link Compression}, in the order of the definition. */
export const compressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2'] as const satisfies readonly Compression[];

/** How the bytes of a download are compressed, as far as they are read. */
export type DownloadCompression =
  /** Not at all */
  | 'uncompressed'
  /** xz, as understood by xz(1) */
  | 'xz'
  /** gzip, as understood by gzip(1) */
  | 'gzip'
  /** Zstandard, as understood by zstd(1) */
  | 'zstd'
  /** bzip2, as understood by bzip2(1) */
  | 'bzip2'
  /** Frames of lz4, as understood by lz4(1) */
  | 'lz4'
  /** The format before xz, as understood by xz(1) with --format=lzma */
  | 'lzma';

/** All of {@link DownloadCompression}, in the order of the definition. */
export const downloadCompressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2', 'lz4', 'lzma'] as const satisfies readonly DownloadCompression[];

/** How thoroughly a download is checked before it becomes an image. */
export type Verification =
  /** Not at all */
  | 'no'
  /** Against a checksum file from the same place */
  | 'checksum'
  /** Against a checksum file that is signed by a key of the keyrings */
  | 'signature';

/** All of {@link Verification}, in the order of the definition. */
export const verificationValues = ['no', 'checksum', 'signature'] as const satisfies readonly Verification[];

/** What a transfer does. */
export type TransferType =
  /** Downloads a tar archive */
  | 'pull_tar'
  /** Downloads a disk image */
  | 'pull_raw'
  /** Imports a tar archive */
  | 'import_tar'
  /** Imports a disk image */
  | 'import_raw'
  /** Imports a directory */
  | 'import_fs'
  /** Exports a tree as a tar archive */
  | 'export_tar'
  /** Exports a disk image */
  | 'export_raw';

/** All of {@link TransferType}, in the order of the definition. */
export const transferTypeValues = ['pull_tar', 'pull_raw', 'import_tar', 'import_raw', 'import_fs', 'export_tar', 'export_raw'] as const satisfies readonly TransferType[];

/** How far a transfer has come. */
export type Phase =
  /** Accepted; waits for others to end */
  | 'queued'
  /** Its processes are being started, the server is being asked */
  | 'starting'
  /** Bytes arrive from the network, and are unpacked as they arrive */
  | 'downloading'
  /** Bytes arrive from the caller, and are unpacked as they arrive */
  | 'importing'
  /** Bytes go to the caller */
  | 'exporting'
  /** The digests and signatures are being checked */
  | 'verifying'
  /** A disk image is being converted to raw */
  | 'converting'
  /** The image gets its final name and is written to stable storage */
  | 'installing'
  /** The writable copy is being made */
  | 'copying'
  /** Leftovers of an ended transfer are being removed */
  | 'cleaning'
  /** Ended well */
  | 'finished'
  /** Ended badly */
  | 'failed'
  /** Ended by Cancel() */
  | 'cancelled';

/** All of {@link Phase}, in the order of the definition. */
export const phaseValues = ['queued', 'starting', 'downloading', 'importing', 'exporting', 'verifying', 'converting', 'installing', 'copying', 'cleaning', 'finished', 'failed', 'cancelled'] as const satisfies readonly Phase[];

/** A moment of a transfer. */
export type Progress = {
  /** What it is doing */
  phase: Phase;
  /** Bytes moved so far, as transferred (that is, compressed) */
  bytesDone: Integer;
  /** Bytes to move in all, if known */
  bytesTotal?: Integer | null;
  /** Current rate in bytes per second, if known */
  bytesPerSecond?: Integer | null;
  /** Estimated time to the end in seconds, if known */
  secondsLeft?: Integer | null;
  /** Seconds since the last byte came, where none has come for a while: rate and time left are unknown then */
  secondsStalled?: Integer | null;
};

/** A line for people. */
export type LogLine = {
  /** The priority as in syslog(3): 3 is an error, 4 a warning, 5 a notice, 6 information, 7 debugging */
  priority: Integer;
  /** The text, without a newline and with control characters escaped */
  message: string;
};

/** What became of a transfer that ended well. */
export type Result = {
  /** The path of the image that was placed; null if only the pristine download was kept, and for exports */
  path?: string | null;
  /** The path of the pristine, read-only download, if one was kept */
  pristinePath?: string | null;
  /** Bytes moved, as transferred (that is, compressed); for a transfer served from the cache those of the original download */
  bytes: Integer;
  /** SHA-256 of these bytes, in lower-case hexadecimal; null where none was computed */
  sha256?: string | null;
  /** How the bytes were verified */
  verifiedBy: Verification;
  /** The fingerprint of the key that signed the checksum file, if one did */
  signedBy?: string | null;
  /** Whether the bytes were already here and the server said they are current */
  fromCache: boolean;
  /** How many files could not be given their owner, device node or attributes (only without root rights) */
  lossCount: Integer;
};

/** Something that would end a pull without an image. */
export type Obstacle = {
  /** The error of this interface that Pull() would give, such as ImageExists */
  error: string;
  /** What is wrong and what to do, for people */
  message: string;
};

/** A transfer, as listed. */
export type Transfer = {
  /** Its identifier, never used twice within a boot */
  id: Integer;
  /** What it does */
  type: TransferType;
  /** The class of the image */
  class: ImageClass;
  /** The URL it comes from, without user name and password; null for imports and exports */
  remote?: string | null;
  /** The name of the image here; null if only the pristine download is kept */
  local?: string | null;
  /** How far it has come */
  progress: Progress;
};

/** The parameters of Pull(). */
export type PullParameters = {
  /** The http://, https:// or file:// URL of the image */
  url: string;
  /** Whether a tree or a disk is expected there */
  format: ImageFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image; if null it is the last component of the URL without its suffixes */
  name?: string | null;
  /** Keep only the pristine read-only download and place no image; excludes a name */
  pristineOnly?: boolean | null;
  /** How to verify the download; signature if null */
  verify?: Verification | null;
  /** Further OpenPGP keyrings that are trusted for this download, each in base64 */
  keyrings?: string[] | null;
  /** Replace an image of this name, whatever it is */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** Keep the pristine download beside the image, for further instances; true for class machine if null, else false */
  keepDownload?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Upper bound of the download rate in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Go on where a connection broke, and where an earlier pull of an uncompressed disk image was interrupted; true if null */
  resume?: boolean | null;
  /** Fail rather than lose owners, device nodes or attributes for lack of rights */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

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

/** The parameters of Plan(). */
export type PlanParameters = {
  /** The http://, https:// or file:// URL of the image */
  url: string;
  /** Whether a tree or a disk is expected there */
  format: ImageFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image; if null it is the last component of the URL without its suffixes */
  name?: string | null;
  /** Keep only the pristine read-only download and place no image; excludes a name */
  pristineOnly?: boolean | null;
  /** How to verify the download; signature if null */
  verify?: Verification | null;
  /** Further OpenPGP keyrings that are trusted for this download, each in base64 */
  keyrings?: string[] | null;
  /** Replace an image of this name, whatever it is */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** Keep the pristine download beside the image, for further instances; true for class machine if null, else false */
  keepDownload?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Upper bound of the download rate in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Go on where a connection broke, and where an earlier pull of an uncompressed disk image was interrupted; true if null */
  resume?: boolean | null;
  /** Fail rather than lose owners, device nodes or attributes for lack of rights */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
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
  verify: Verification;
  /** The checksum file that lists the image and counts */
  checksumFile?: string | null;
  /** The digest listed there: sha256 or sha512, a colon, and lower-case hexadecimal */
  digest?: string | null;
  /** The file that holds the signature of the checksum file */
  signatureFile?: string | null;
  /** The fingerprint of the key that signed it */
  signedBy?: string | null;
  /** The user ID of that key, with control characters escaped */
  signerName?: string | null;
  /** The files beside the image that would be placed with it, such as an .nspawn or .roothash file */
  sidecars: string[];
  /** Whether the bytes are here already and the server says they are current: then nothing is downloaded */
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

/** The parameters of Import(). */
export type ImportParameters = {
  /** What is being imported */
  format: ImportFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image */
  name: string;
  /** The index of the pushed descriptor: a regular file, pipe, socket or, for a directory, a directory; null to send the bytes over the upgraded connection */
  fileDescriptor?: Integer | null;
  /** How many bytes will come, if known; for progress only */
  bytesTotal?: Integer | null;
  /** Replace an image of this name, whatever it is */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Fail rather than lose owners, device nodes or attributes for lack of rights */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
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

/** The parameters of Export(). */
export type ExportParameters = {
  /** Whether a tree or a disk is being exported */
  format: ImageFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name of the image */
  name: string;
  /** The index of the pushed descriptor to write to; null to receive the bytes over the upgraded connection */
  fileDescriptor?: Integer | null;
  /** How to compress; uncompressed if null */
  compression?: Compression | null;
  /** The absolute path of the directory to use instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
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

/** The parameters of Finish(). */
export type FinishParameters = {
  /** The identifier of the transfer */
  id: Integer;
  /** How many bytes were sent */
  bytes: Integer;
  /** SHA-256 of them, in lower-case hexadecimal */
  sha256: string;
};

/** The reply to Finish(). */
export type FinishReply = Record<never, never>;

/** The parameters of List(). */
export type ListParameters = {
  /** Only those of this class; all if null */
  class?: ImageClass | null;
};

/** The reply to List(). */
export type ListReply = {
  /** The transfers */
  transfers: Transfer[];
};

/** The parameters of Watch(). */
export type WatchParameters = {
  /** The identifier of the transfer */
  id: Integer;
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

/** The parameters of Cancel(). */
export type CancelParameters = {
  /** The identifier of the transfer */
  id: Integer;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to Cancel(). */
export type CancelReply = Record<never, never>;

/** There is an image of that name already. */
export type ImageExistsError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
  /** Where the image is */
  path: string;
};

/** There is no image of that name. */
export type NoSuchImageError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** The image is in use. */
export type ImageBusyError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** The name is not one that an image can have. */
export type InvalidNameError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** The URL cannot be fetched from. */
export type InvalidUrlError = {
  /** What happened and what to do, for people */
  message: string;
  /** The URL */
  url: string;
};

/** The same download is under way already, or another transfer is making an image of that name. */
export type TransferInProgressError = {
  /** What happened and what to do, for people */
  message: string;
  /** The identifier of that transfer */
  id: Integer;
};

/** No transfer has this identifier. */
export type NoSuchTransferError = {
  /** What happened and what to do, for people */
  message: string;
  /** The identifier */
  id: Integer;
};

/** The service has as many transfers as it accepts. */
export type TooManyTransfersError = {
  /** What happened and what to do, for people */
  message: string;
  /** How many it accepts */
  limit: Integer;
};

/** The bytes are not what the checksum or signature says. Nothing was placed. */
export type VerificationFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** The file that could not be verified */
  file: string;
  /** What was looked for, for example a digest */
  expected?: string | null;
  /** What was found instead */
  found?: string | null;
};

/** The server could not be reached, refused, or broke off. */
export type DownloadFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** The URL */
  url: string;
  /** The HTTP status, if there was one */
  status?: Integer | null;
};

/** The bytes are in a form that is not supported, or need more memory or space than is allowed. */
export type UnsupportedFormatError = {
  /** What happened and what to do, for people */
  message: string;
  /** What the bytes need */
  needed: string;
  /** What is supported or allowed */
  allowed: string;
};

/** The file system is full, or certainly too small. */
export type InsufficientSpaceError = {
  /** What happened and what to do, for people */
  message: string;
  /** Bytes needed, if known */
  needed?: Integer | null;
  /** Bytes available */
  available: Integer;
};

/** The archive, image or compressed stream is damaged or hostile. Nothing was placed. */
export type CorruptError = {
  /** What happened and what to do, for people */
  message: string;
  /** What is damaged */
  what: string;
  /** Where in it, in bytes, if known */
  offset?: Integer | null;
};

/** The file system refused something. */
export type FileSystemErrorError = {
  /** What happened and what to do, for people */
  message: string;
  /** The path */
  path: string;
  /** The name of the error, such as EROFS */
  errorName: string;
};

/** Owners, device nodes or attributes would have been lost, and 'strict' was asked for. */
export type MetadataLostError = {
  /** What happened and what to do, for people */
  message: string;
  /** How many files are concerned */
  lossCount: Integer;
};

/** The transfer was cancelled. */
export type CancelledError = {
  /** What happened and what to do, for people */
  message: string;
};

/** The service is stopping. The transfer was ended and may be repeated. */
export type ServiceStoppingError = {
  /** What happened and what to do, for people */
  message: string;
};

/** A process of the transfer ended unexpectedly. */
export type WorkerFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** Which process */
  process: string;
};

/** The qualified names of the errors of io.ferry.Transfer. */
export const transferErrors = {
  ImageExists: 'io.ferry.Transfer.ImageExists',
  NoSuchImage: 'io.ferry.Transfer.NoSuchImage',
  ImageBusy: 'io.ferry.Transfer.ImageBusy',
  InvalidName: 'io.ferry.Transfer.InvalidName',
  InvalidUrl: 'io.ferry.Transfer.InvalidUrl',
  TransferInProgress: 'io.ferry.Transfer.TransferInProgress',
  NoSuchTransfer: 'io.ferry.Transfer.NoSuchTransfer',
  TooManyTransfers: 'io.ferry.Transfer.TooManyTransfers',
  VerificationFailed: 'io.ferry.Transfer.VerificationFailed',
  DownloadFailed: 'io.ferry.Transfer.DownloadFailed',
  UnsupportedFormat: 'io.ferry.Transfer.UnsupportedFormat',
  InsufficientSpace: 'io.ferry.Transfer.InsufficientSpace',
  Corrupt: 'io.ferry.Transfer.Corrupt',
  FileSystemError: 'io.ferry.Transfer.FileSystemError',
  MetadataLost: 'io.ferry.Transfer.MetadataLost',
  Cancelled: 'io.ferry.Transfer.Cancelled',
  ServiceStopping: 'io.ferry.Transfer.ServiceStopping',
  WorkerFailed: 'io.ferry.Transfer.WorkerFailed',
} as const;

/** The errors of io.ferry.Transfer by qualified name, with the parameters they carry. */
export type TransferErrors = {
  'io.ferry.Transfer.ImageExists': ImageExistsError;
  'io.ferry.Transfer.NoSuchImage': NoSuchImageError;
  'io.ferry.Transfer.ImageBusy': ImageBusyError;
  'io.ferry.Transfer.InvalidName': InvalidNameError;
  'io.ferry.Transfer.InvalidUrl': InvalidUrlError;
  'io.ferry.Transfer.TransferInProgress': TransferInProgressError;
  'io.ferry.Transfer.NoSuchTransfer': NoSuchTransferError;
  'io.ferry.Transfer.TooManyTransfers': TooManyTransfersError;
  'io.ferry.Transfer.VerificationFailed': VerificationFailedError;
  'io.ferry.Transfer.DownloadFailed': DownloadFailedError;
  'io.ferry.Transfer.UnsupportedFormat': UnsupportedFormatError;
  'io.ferry.Transfer.InsufficientSpace': InsufficientSpaceError;
  'io.ferry.Transfer.Corrupt': CorruptError;
  'io.ferry.Transfer.FileSystemError': FileSystemErrorError;
  'io.ferry.Transfer.MetadataLost': MetadataLostError;
  'io.ferry.Transfer.Cancelled': CancelledError;
  'io.ferry.Transfer.ServiceStopping': ServiceStoppingError;
  'io.ferry.Transfer.WorkerFailed': WorkerFailedError;
};

/** What a service that implements io.ferry.Transfer has to provide: a function for each method. */
export interface TransferHandlers {
  /**
   * Downloads an image, verifies it and puts it in place.
   * With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
   * without it there is one reply, with identifier and result, when the transfer has ended.
   */
  Pull(call: ServerCall<PullParameters, PullReply>): Promise<void>;
  /**
   * Finds out what Pull() with the same parameters would do, and changes nothing: the server is asked, the checksum and
   * signature files are fetched and judged, and of the image its first bytes are read. What stands in the way of the pull
   * is listed, as far as it can be known before all bytes have come; an error is given only where nothing can be said,
   * such as for an image that the server does not have.
   */
  Plan(call: ServerCall<PlanParameters, PlanReply>): Promise<void>;
  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   */
  Import(call: ServerCall<ImportParameters, ImportReply>): Promise<void>;
  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   */
  Export(call: ServerCall<ExportParameters, ExportReply>): Promise<void>;
  /** Says that all bytes of an upgraded Import() have been sent. An import whose sender does not say so fails. */
  Finish(call: ServerCall<FinishParameters, FinishReply>): Promise<void>;
  /** Lists the transfers that have not ended, in the order of their identifiers. */
  List(call: ServerCall<ListParameters, ListReply>): Promise<void>;
  /**
   * Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
   * Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
   */
  Watch(call: ServerCall<WatchParameters, WatchReply>): Promise<void>;
  /** Ends a transfer and removes what it left. Answers when that is done. */
  Cancel(call: ServerCall<CancelParameters, CancelReply>): Promise<void>;
}

/** Calls the methods of io.ferry.Transfer over a connection. */
export class TransferClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /**
   * Downloads an image, verifies it and puts it in place.
   * With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
   * without it there is one reply, with identifier and result, when the transfer has ended.
   */
  pull(parameters: PullParameters, options?: CallOptions): Promise<PullReply> {
    return this.#client.call<PullReply>('io.ferry.Transfer.Pull', parameters, options);
  }

  /**
   * Downloads an image, verifies it and puts it in place.
   * With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
   * without it there is one reply, with identifier and result, when the transfer has ended.
   *
   * Called with 'more': any number of replies.
   */
  pullMore(parameters: PullParameters, options?: CallOptions): AsyncIterable<PullReply> {
    return this.#client.callMore<PullReply>('io.ferry.Transfer.Pull', parameters, options);
  }

  /**
   * Finds out what Pull() with the same parameters would do, and changes nothing: the server is asked, the checksum and
   * signature files are fetched and judged, and of the image its first bytes are read. What stands in the way of the pull
   * is listed, as far as it can be known before all bytes have come; an error is given only where nothing can be said,
   * such as for an image that the server does not have.
   */
  plan(parameters: PlanParameters, options?: CallOptions): Promise<PlanReply> {
    return this.#client.call<PlanReply>('io.ferry.Transfer.Plan', parameters, options);
  }

  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   */
  import(parameters: ImportParameters, options?: CallOptions): Promise<ImportReply> {
    return this.#client.call<ImportReply>('io.ferry.Transfer.Import', parameters, options);
  }

  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   *
   * Called with 'more': any number of replies.
   */
  importMore(parameters: ImportParameters, options?: CallOptions): AsyncIterable<ImportReply> {
    return this.#client.callMore<ImportReply>('io.ferry.Transfer.Import', parameters, options);
  }

  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   *
   * Called with 'upgrade': after the reply the connection carries bytes.
   */
  importUpgrade(parameters: ImportParameters, options?: CallOptions): Promise<UpgradedCall<ImportReply>> {
    return this.#client.callUpgrade<ImportReply>('io.ferry.Transfer.Import', parameters, options);
  }

  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   */
  export(parameters: ExportParameters, options?: CallOptions): Promise<ExportReply> {
    return this.#client.call<ExportReply>('io.ferry.Transfer.Export', parameters, options);
  }

  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   *
   * Called with 'more': any number of replies.
   */
  exportMore(parameters: ExportParameters, options?: CallOptions): AsyncIterable<ExportReply> {
    return this.#client.callMore<ExportReply>('io.ferry.Transfer.Export', parameters, options);
  }

  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   *
   * Called with 'upgrade': after the reply the connection carries bytes.
   */
  exportUpgrade(parameters: ExportParameters, options?: CallOptions): Promise<UpgradedCall<ExportReply>> {
    return this.#client.callUpgrade<ExportReply>('io.ferry.Transfer.Export', parameters, options);
  }

  /** Says that all bytes of an upgraded Import() have been sent. An import whose sender does not say so fails. */
  finish(parameters: FinishParameters, options?: CallOptions): Promise<FinishReply> {
    return this.#client.call<FinishReply>('io.ferry.Transfer.Finish', parameters, options);
  }

  /** Lists the transfers that have not ended, in the order of their identifiers. */
  list(parameters: ListParameters = {}, options?: CallOptions): Promise<ListReply> {
    return this.#client.call<ListReply>('io.ferry.Transfer.List', parameters, options);
  }

  /**
   * Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
   * Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
   */
  watch(parameters: WatchParameters, options?: CallOptions): Promise<WatchReply> {
    return this.#client.call<WatchReply>('io.ferry.Transfer.Watch', parameters, options);
  }

  /**
   * Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
   * Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
   *
   * Called with 'more': any number of replies.
   */
  watchMore(parameters: WatchParameters, options?: CallOptions): AsyncIterable<WatchReply> {
    return this.#client.callMore<WatchReply>('io.ferry.Transfer.Watch', parameters, options);
  }

  /** Ends a transfer and removes what it left. Answers when that is done. */
  cancel(parameters: CancelParameters, options?: CallOptions): Promise<CancelReply> {
    return this.#client.call<CancelReply>('io.ferry.Transfer.Cancel', parameters, options);
  }
}

/**
 * Moves disk images onto and off this host: downloads, imports and exports, each a transfer with an
 * identifier, progress, a log and a result.
 * A transfer belongs to the service, not to the connection that asked for it: hanging up never stops a pull or
 * an import from a descriptor. Watch() attaches to a running transfer again, and the result of a finished one
 * stays readable until the service exits.
 */
export const transferInterface = {
  name: 'io.ferry.Transfer',
  /** The text of the definition, as introspection gives it. */
  description: `# Moves disk images onto and off this host: downloads, imports and exports, each a transfer with an
# identifier, progress, a log and a result.
# A transfer belongs to the service, not to the connection that asked for it: hanging up never stops a pull or
# an import from a descriptor. Watch() attaches to a running transfer again, and the result of a finished one
# stays readable until the service exits.
interface io.ferry.Transfer

# What an image is used for. Decides the directory it is kept in.
type ImageClass(
	# A virtual machine or a full container: /var/lib/machines
	machine,
	# A portable service: /var/lib/portables
	portable,
	# A system extension: /var/lib/extensions
	sysext,
	# A configuration extension: /var/lib/confexts
	confext
)

# The form of an image.
type ImageFormat(
	# A directory tree, carried as a tar archive
	tar,
	# A disk image, carried as is or as qcow2
	raw
)

# Where an imported image comes from.
type ImportFormat(
	# A tar archive, possibly compressed
	tar,
	# A raw or qcow2 disk image, possibly compressed
	raw,
	# A directory descriptor
	directory
)

# How exported bytes are compressed.
type Compression(
	# Not at all
	uncompressed,
	# xz, as understood by xz(1)
	xz,
	# gzip, as understood by gzip(1)
	gzip,
	# Zstandard, as understood by zstd(1)
	zstd,
	# bzip2, as understood by bzip2(1)
	bzip2
)

# How the bytes of a download are compressed, as far as they are read.
type DownloadCompression(
	# Not at all
	uncompressed,
	# xz, as understood by xz(1)
	xz,
	# gzip, as understood by gzip(1)
	gzip,
	# Zstandard, as understood by zstd(1)
	zstd,
	# bzip2, as understood by bzip2(1)
	bzip2,
	# Frames of lz4, as understood by lz4(1)
	lz4,
	# The format before xz, as understood by xz(1) with --format=lzma
	lzma
)

# How thoroughly a download is checked before it becomes an image.
type Verification(
	# Not at all
	no,
	# Against a checksum file from the same place
	checksum,
	# Against a checksum file that is signed by a key of the keyrings
	signature
)

# What a transfer does.
type TransferType(
	# Downloads a tar archive
	pull_tar,
	# Downloads a disk image
	pull_raw,
	# Imports a tar archive
	import_tar,
	# Imports a disk image
	import_raw,
	# Imports a directory
	import_fs,
	# Exports a tree as a tar archive
	export_tar,
	# Exports a disk image
	export_raw
)

# How far a transfer has come.
type Phase(
	# Accepted; waits for others to end
	queued,
	# Its processes are being started, the server is being asked
	starting,
	# Bytes arrive from the network, and are unpacked as they arrive
	downloading,
	# Bytes arrive from the caller, and are unpacked as they arrive
	importing,
	# Bytes go to the caller
	exporting,
	# The digests and signatures are being checked
	verifying,
	# A disk image is being converted to raw
	converting,
	# The image gets its final name and is written to stable storage
	installing,
	# The writable copy is being made
	copying,
	# Leftovers of an ended transfer are being removed
	cleaning,
	# Ended well
	finished,
	# Ended badly
	failed,
	# Ended by Cancel()
	cancelled
)

# A moment of a transfer.
type Progress(
	# What it is doing
	phase: Phase,
	# Bytes moved so far, as transferred (that is, compressed)
	bytesDone: int,
	# Bytes to move in all, if known
	bytesTotal: ?int,
	# Current rate in bytes per second, if known
	bytesPerSecond: ?int,
	# Estimated time to the end in seconds, if known
	secondsLeft: ?int,
	# Seconds since the last byte came, where none has come for a while: rate and time left are unknown then
	secondsStalled: ?int
)

# A line for people.
type LogLine(
	# The priority as in syslog(3): 3 is an error, 4 a warning, 5 a notice, 6 information, 7 debugging
	priority: int,
	# The text, without a newline and with control characters escaped
	message: string
)

# What became of a transfer that ended well.
type Result(
	# The path of the image that was placed; null if only the pristine download was kept, and for exports
	path: ?string,
	# The path of the pristine, read-only download, if one was kept
	pristinePath: ?string,
	# Bytes moved, as transferred (that is, compressed); for a transfer served from the cache those of the original download
	bytes: int,
	# SHA-256 of these bytes, in lower-case hexadecimal; null where none was computed
	sha256: ?string,
	# How the bytes were verified
	verifiedBy: Verification,
	# The fingerprint of the key that signed the checksum file, if one did
	signedBy: ?string,
	# Whether the bytes were already here and the server said they are current
	fromCache: bool,
	# How many files could not be given their owner, device node or attributes (only without root rights)
	lossCount: int
)

# Something that would end a pull without an image.
type Obstacle(
	# The error of this interface that Pull() would give, such as ImageExists
	error: string,
	# What is wrong and what to do, for people
	message: string
)

# A transfer, as listed.
type Transfer(
	# Its identifier, never used twice within a boot
	id: int,
	# What it does
	type: TransferType,
	# The class of the image
	class: ImageClass,
	# The URL it comes from, without user name and password; null for imports and exports
	remote: ?string,
	# The name of the image here; null if only the pristine download is kept
	local: ?string,
	# How far it has come
	progress: Progress
)

# Downloads an image, verifies it and puts it in place.
# With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
# without it there is one reply, with identifier and result, when the transfer has ended.
# [Supports 'more' flag]
method Pull(
	# The http://, https:// or file:// URL of the image
	url: string,
	# Whether a tree or a disk is expected there
	format: ImageFormat,
	# The class of the image
	class: ImageClass,
	# The name to give the image; if null it is the last component of the URL without its suffixes
	name: ?string,
	# Keep only the pristine read-only download and place no image; excludes a name
	pristineOnly: ?bool,
	# How to verify the download; signature if null
	verify: ?Verification,
	# Further OpenPGP keyrings that are trusted for this download, each in base64
	keyrings: ?[]string,
	# Replace an image of this name, whatever it is
	force: ?bool,
	# Make the image read-only
	readOnly: ?bool,
	# Keep the pristine download beside the image, for further instances; true for class machine if null, else false
	keepDownload: ?bool,
	# The absolute path of the directory to use instead of the one of the class
	imageRoot: ?string,
	# Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null
	sizeMax: ?int,
	# Upper bound of the download rate in bytes per second; none if null
	limitRate: ?int,
	# Go on where a connection broke, and where an earlier pull of an uncompressed disk image was interrupted; true if null
	resume: ?bool,
	# Fail rather than lose owners, device nodes or attributes for lack of rights
	strict: ?bool,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> (
	# The identifier of the transfer
	id: ?int,
	# A moment of it
	progress: ?Progress,
	# A line of its log
	log: ?LogLine,
	# How it ended
	result: ?Result
)

# Finds out what Pull() with the same parameters would do, and changes nothing: the server is asked, the checksum and
# signature files are fetched and judged, and of the image its first bytes are read. What stands in the way of the pull
# is listed, as far as it can be known before all bytes have come; an error is given only where nothing can be said,
# such as for an image that the server does not have.
method Plan(
	# The http://, https:// or file:// URL of the image
	url: string,
	# Whether a tree or a disk is expected there
	format: ImageFormat,
	# The class of the image
	class: ImageClass,
	# The name to give the image; if null it is the last component of the URL without its suffixes
	name: ?string,
	# Keep only the pristine read-only download and place no image; excludes a name
	pristineOnly: ?bool,
	# How to verify the download; signature if null
	verify: ?Verification,
	# Further OpenPGP keyrings that are trusted for this download, each in base64
	keyrings: ?[]string,
	# Replace an image of this name, whatever it is
	force: ?bool,
	# Make the image read-only
	readOnly: ?bool,
	# Keep the pristine download beside the image, for further instances; true for class machine if null, else false
	keepDownload: ?bool,
	# The absolute path of the directory to use instead of the one of the class
	imageRoot: ?string,
	# Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null
	sizeMax: ?int,
	# Upper bound of the download rate in bytes per second; none if null
	limitRate: ?int,
	# Go on where a connection broke, and where an earlier pull of an uncompressed disk image was interrupted; true if null
	resume: ?bool,
	# Fail rather than lose owners, device nodes or attributes for lack of rights
	strict: ?bool,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> (
	# The URL, without user name and password
	url: string,
	# The URL that answers, after redirects
	answeredBy: string,
	# Bytes to download, as transferred (that is, compressed), if the server says; 0 if all is here already
	bytes: ?int,
	# The byte at which the download would go on, where an earlier pull of this image was interrupted; null if it would not
	resumesAt: ?int,
	# How they are compressed, by the first of them; null if nothing would be downloaded or it is not supported
	compression: ?DownloadCompression,
	# The ETag that the server gives, with its quotes
	etag: ?string,
	# When the server says the image was last changed, in microseconds since 1970
	lastModified: ?int,
	# How the download would be verified
	verify: Verification,
	# The checksum file that lists the image and counts
	checksumFile: ?string,
	# The digest listed there: sha256 or sha512, a colon, and lower-case hexadecimal
	digest: ?string,
	# The file that holds the signature of the checksum file
	signatureFile: ?string,
	# The fingerprint of the key that signed it
	signedBy: ?string,
	# The user ID of that key, with control characters escaped
	signerName: ?string,
	# The files beside the image that would be placed with it, such as an .nspawn or .roothash file
	sidecars: []string,
	# Whether the bytes are here already and the server says they are current: then nothing is downloaded
	fromCache: bool,
	# The path of the pristine, read-only download that is here or would be kept; null if none would be kept
	pristinePath: ?string,
	# The path that the image would get; null if only the pristine download would be kept
	path: ?string,
	# The paths of what 'force' would replace
	replaces: []string,
	# Bytes that are free where the image would be
	bytesAvailable: int,
	# The identifier of a transfer that downloads the same, which the pull would wait for and copy
	waitsFor: ?int,
	# What stands in the way; the pull would go ahead if there is nothing
	obstacles: []Obstacle
)

# Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
# on the connection; then Finish() must be called on another connection after the last byte.
# [Supports 'more' flag]
# [Supports 'upgrade' flag]
method Import(
	# What is being imported
	format: ImportFormat,
	# The class of the image
	class: ImageClass,
	# The name to give the image
	name: string,
	# The index of the pushed descriptor: a regular file, pipe, socket or, for a directory, a directory; null to send the bytes over the upgraded connection
	fileDescriptor: ?int,
	# How many bytes will come, if known; for progress only
	bytesTotal: ?int,
	# Replace an image of this name, whatever it is
	force: ?bool,
	# Make the image read-only
	readOnly: ?bool,
	# The absolute path of the directory to use instead of the one of the class
	imageRoot: ?string,
	# Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null
	sizeMax: ?int,
	# Fail rather than lose owners, device nodes or attributes for lack of rights
	strict: ?bool,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> (
	# The identifier of the transfer
	id: ?int,
	# A moment of it
	progress: ?Progress,
	# A line of its log
	log: ?LogLine,
	# How it ended
	result: ?Result
)

# Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
# reply on the connection; the receiver then compares what it got with the result that Watch() gives.
# [Supports 'more' flag]
# [Supports 'upgrade' flag]
method Export(
	# Whether a tree or a disk is being exported
	format: ImageFormat,
	# The class of the image
	class: ImageClass,
	# The name of the image
	name: string,
	# The index of the pushed descriptor to write to; null to receive the bytes over the upgraded connection
	fileDescriptor: ?int,
	# How to compress; uncompressed if null
	compression: ?Compression,
	# The absolute path of the directory to use instead of those of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> (
	# The identifier of the transfer
	id: ?int,
	# A moment of it
	progress: ?Progress,
	# A line of its log
	log: ?LogLine,
	# How it ended
	result: ?Result
)

# Says that all bytes of an upgraded Import() have been sent. An import whose sender does not say so fails.
method Finish(
	# The identifier of the transfer
	id: int,
	# How many bytes were sent
	bytes: int,
	# SHA-256 of them, in lower-case hexadecimal
	sha256: string
) -> ()

# Lists the transfers that have not ended, in the order of their identifiers.
method List(
	# Only those of this class; all if null
	class: ?ImageClass
) -> (
	# The transfers
	transfers: []Transfer
)

# Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
# Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
# [Supports 'more' flag]
method Watch(
	# The identifier of the transfer
	id: int
) -> (
	# The identifier of the transfer
	id: ?int,
	# A moment of it
	progress: ?Progress,
	# A line of its log
	log: ?LogLine,
	# How it ended
	result: ?Result
)

# Ends a transfer and removes what it left. Answers when that is done.
method Cancel(
	# The identifier of the transfer
	id: int,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> ()

# There is an image of that name already.
error ImageExists(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string,
	# Where the image is
	path: string
)

# There is no image of that name.
error NoSuchImage(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string
)

# The image is in use.
error ImageBusy(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string
)

# The name is not one that an image can have.
error InvalidName(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string
)

# The URL cannot be fetched from.
error InvalidUrl(
	# What happened and what to do, for people
	message: string,
	# The URL
	url: string
)

# The same download is under way already, or another transfer is making an image of that name.
error TransferInProgress(
	# What happened and what to do, for people
	message: string,
	# The identifier of that transfer
	id: int
)

# No transfer has this identifier.
error NoSuchTransfer(
	# What happened and what to do, for people
	message: string,
	# The identifier
	id: int
)

# The service has as many transfers as it accepts.
error TooManyTransfers(
	# What happened and what to do, for people
	message: string,
	# How many it accepts
	limit: int
)

# The bytes are not what the checksum or signature says. Nothing was placed.
error VerificationFailed(
	# What happened and what to do, for people
	message: string,
	# The file that could not be verified
	file: string,
	# What was looked for, for example a digest
	expected: ?string,
	# What was found instead
	found: ?string
)

# The server could not be reached, refused, or broke off.
error DownloadFailed(
	# What happened and what to do, for people
	message: string,
	# The URL
	url: string,
	# The HTTP status, if there was one
	status: ?int
)

# The bytes are in a form that is not supported, or need more memory or space than is allowed.
error UnsupportedFormat(
	# What happened and what to do, for people
	message: string,
	# What the bytes need
	needed: string,
	# What is supported or allowed
	allowed: string
)

# The file system is full, or certainly too small.
error InsufficientSpace(
	# What happened and what to do, for people
	message: string,
	# Bytes needed, if known
	needed: ?int,
	# Bytes available
	available: int
)

# The archive, image or compressed stream is damaged or hostile. Nothing was placed.
error Corrupt(
	# What happened and what to do, for people
	message: string,
	# What is damaged
	what: string,
	# Where in it, in bytes, if known
	offset: ?int
)

# The file system refused something.
error FileSystemError(
	# What happened and what to do, for people
	message: string,
	# The path
	path: string,
	# The name of the error, such as EROFS
	errorName: string
)

# Owners, device nodes or attributes would have been lost, and 'strict' was asked for.
error MetadataLost(
	# What happened and what to do, for people
	message: string,
	# How many files are concerned
	lossCount: int
)

# The transfer was cancelled.
error Cancelled(
	# What happened and what to do, for people
	message: string
)

# The service is stopping. The transfer was ended and may be repeated.
error ServiceStopping(
	# What happened and what to do, for people
	message: string
)

# A process of the transfer ended unexpectedly.
error WorkerFailed(
	# What happened and what to do, for people
	message: string,
	# Which process
	process: string
)
`,
} as const;
