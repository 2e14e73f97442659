import type {
  Compression,
  ImageClass,
  ImageFormat,
  Phase,
  Verification,
} from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type {
  Leftover,
  MovedBytes,
  PlacementOutcome,
  PlannedDownload,
  PullOutcome,
  SidecarOrigin,
  VerificationRecord,
  WorkerMessage,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { Credential } from '../../http/connection/credentials.js';
import type { PartialRecord } from '../../images/pristine/partial.js';
import type { WorkerName } from '../../sandbox/needs.js';

/*
 * What the daemon and the processes of a transfer say to each other: one JSON object a line, on descriptor 3.
 * Bytes never travel here. What the processes say is defined in interfaces/internal, and checked by vocabulary.ts.
 */

export type { Obstacle } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
export type {
  ImageClass,
  ImageFormat,
  Leftover,
  MovedBytes,
  Phase,
  PlacementOutcome,
  PlannedDownload,
  PullOutcome,
  SidecarOrigin,
  Verification,
  VerificationRecord,
  WorkerMessage,
};

/** A pristine download that is already here. */
export interface CachedOriginal {
  path: string;
  etag: string | null;
  record: VerificationRecord | null;
}

/** The daemon's order to a fetch process. */
export type FetchOrder = PullFetchOrder | PlanFetchOrder;

/** The daemon's order to a decode process. */
export type DecodeOrder = PullDecodeOrder | ImportDecodeOrder | ExportEncodeOrder;

/** Decode what comes from the fetch process. */
export interface PullDecodeOrder {
  kind: 'pull';
  threads: number;
}

/** Decode what comes from the descriptor that the caller pushed. */
export interface ImportDecodeOrder {
  kind: 'import';
  threads: number;
  /** Whether the sender will say what it has sent: then its digest is needed. */
  digest: boolean;
  bytesTotal: number | null;
}

/** Encode what comes from the placement process, into the descriptor that the caller pushed. */
export interface ExportEncodeOrder {
  kind: 'export';
  threads: number;
  compression: Compression;
  digest: boolean;
}

/** Download and verify. */
export interface PullFetchOrder {
  kind: 'pull';
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
  /** Whether to go on where a connection broke. */
  resume: boolean;
  /** What an earlier pull has left of this download. */
  partial: PartialSource | null;
  /** For file: URLs the descriptors of the files there, opened by the daemon, by name. */
  files: Record<string, number> | null;
  netrc: string | null;
  /** Headers for hosts that want them. */
  credentials: Credential[];
  /** Proxy and certificate variables. They may hold passwords, so they are not in the environment of the process. */
  environment: Record<string, string>;
}

/** Find out what a pull would download, without doing it. */
export interface PlanFetchOrder {
  kind: 'plan';
  pull: PullFetchOrder;
}

/** The beginning of a download that an earlier pull has left. */
export interface PartialSource {
  /** Where the fetch process can read it. */
  descriptor: number;
  /** How many of its bytes are safe. */
  offset: number;
  /** What stood for the resource in If-Range. */
  validator: string;
  /** Bytes of the whole resource, if the server said. */
  total: number | null;
}

/** The daemon's order to a placement process. */
export type PlacementOrder = PullPlacementOrder | ImportPlacementOrder | ExportPlacementOrder;

/** What is to be made of the bytes that come. */
export interface ImageOrder {
  format: ImageFormat;
  class: ImageClass;
  imageRoot: string;
  force: boolean;
  readOnly: boolean;
  /** Bytes of allocated data. */
  sizeMax: number;
  strict: boolean;
  /** Whether owners, device nodes and attributes that cannot be kept are counted rather than failures. */
  lenient: boolean;
  scope: 'system' | 'user';
  /** The command that starts the process which converts disk images, without its own arguments. */
  convertCommand: string[];
}

export interface PullPlacementOrder extends ImageOrder {
  kind: 'pull';
  /** Null to keep the pristine download only. */
  name: string | null;
  /** Without user name and password. */
  url: string;
  keepDownload: boolean;
  /** Suffixes of the sidecars that the fetch process was asked for: no others are taken. */
  sidecars: string[];
  /** Whether the beginning of the download is kept when it is interrupted. */
  resumable: boolean;
  /** What an earlier pull has left of this download, locked, behind the pipe's descriptor. */
  partial: PartialRecord | null;
}

export interface ImportPlacementOrder extends ImageOrder {
  kind: 'import';
  name: string;
  /** Whether the descriptor that the caller pushed is a directory to be copied. */
  directory: boolean;
  /** Whether the descriptor may be read directly when nothing has to be decoded. */
  direct: boolean;
}

export interface ExportPlacementOrder {
  kind: 'export';
  format: ImageFormat;
  /** For people. */
  name: string;
  scope: 'system' | 'user';
  /** The image. */
  path: string;
  /** Whether the bytes go to the decode process, to be compressed, and not to the caller's descriptor. */
  encoded: boolean;
  digest: boolean;
  /** Whether the caller's descriptor is an empty file: it can have holes then, and be given what is known of the image. */
  wholeFile: boolean;
}

/**
 * The daemon's permission to install, given only when all processes have reported the same counts of bytes. For imports and exports
 * it says no more than that.
 */
export interface PlacementCommit {
  outcome: PullOutcome;
}

interface ManagedImage {
  scope: 'system' | 'user';
  class: ImageClass;
  name: string;
  /** A directory to look in instead of those of the class. */
  root: string | null;
}

/** The daemon's order to the process that manages images. */
export type ManageOrder =
  | (ManagedImage & { verb: 'remove' })
  | (ManagedImage & { verb: 'rename'; newName: string })
  | (ManagedImage & { verb: 'clone'; newName: string; readOnly: boolean })
  | (ManagedImage & { verb: 'setReadOnly'; readOnly: boolean })
  | { scope: 'system' | 'user'; verb: 'clean'; roots: string[]; dryRun: boolean };

/** The daemon's order to a cleanup process. */
export interface CleanupOrder {
  /** The image directory. */
  root: string;
  /** The name of a partial download in it that is to go as well. */
  partial: string | null;
}

/** What the daemon may tell each process. */
interface Orders {
  fetch: FetchOrder;
  decode: DecodeOrder;
  placement: PlacementOrder | PlacementCommit | Record<never, never>;
  manage: ManageOrder;
  cleanup: CleanupOrder;
  /** It hears nothing. */
  convert: never;
}

export type OrderTo<Name extends WorkerName> = Orders[Name];
