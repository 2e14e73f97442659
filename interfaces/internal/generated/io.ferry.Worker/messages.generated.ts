// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Compression, FailureKind, ImageFormat, Scope, WorkerPhase } from './enums.generated.js';
import type { DescribedKey, Download, ImageCheck, ImageFindings, Keyring, KindUsage, KnownDownload, Leftover, ManagedImage, MovedBytes, NewImage, PartialRecord, PlacementOutcome, PlannedDownload, ProvenanceOrder, PullOutcome, ShownImage, UnusableKeyring, VerificationRecord } from './structs.generated.js';
import type { JsonValue } from '../../../../varlink/idl/value.js';

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
};

/** Adds up what is in image directories. */
export type UsageMessage = {
  type: 'usage';
  directories: string[];
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

/** A line for people. More lines than make sense are counted instead of shown. */
export type LogMessage = {
  type: 'log';
  /** As in syslog(3), from 3 (error) to 7 (debugging) */
  priority: number;
  message: string;
};

/** What the transfer does now. */
export type PhaseMessage = {
  type: 'phase';
  phase: WorkerPhase;
};

/** How far the transfer has come. Of several in quick succession the last one counts. */
export type ProgressMessage = {
  type: 'progress';
  bytesDone: number;
  /** Absent if it is not known */
  bytesTotal?: number | undefined;
};

/** All bytes came through the pipes. */
export type ReceivedMessage = {
  type: 'received';
  /** From the fetch process */
  bytes: number;
  /** From the decode process */
  decodedBytes: number;
};

/** The download is compressed: it goes to the decode process. */
export type EncodedMessage = {
  type: 'encoded';
};

/** All bytes of a download are through the pipes and verified. */
export type FetchedMessage = {
  type: 'fetched';
  outcome: PullOutcome;
};

/** What a pull would download. */
export type PlannedMessage = {
  type: 'planned';
  outcome: PlannedDownload;
};

/** Some of the keys that were found. Said as often as it takes. */
export type KeysMessage = {
  type: 'keys';
  keys: DescribedKey[];
};

/** All keys were said. */
export type DescribedMessage = {
  type: 'described';
  unusable: UnusableKeyring[];
};

/** All bytes are decoded or encoded, and through the pipe. */
export type MovedMessage = {
  type: 'moved';
  outcome: MovedBytes;
};

/** What the placement process of an export has read and sent, to the decode process or to the caller. */
export type ExportedMessage = {
  type: 'exported';
  outcome: MovedBytes;
};

/** Whether the placement process reads the caller's descriptor itself, or needs the decode process to decode it. */
export type SourceMessage = {
  type: 'source';
  direct: boolean;
  bytes: number;
};

/** The image has its name. */
export type PlacedMessage = {
  type: 'placed';
  outcome: PlacementOutcome;
};

/** The image that was placed replaced another one. */
export type ReplacedMessage = {
  type: 'replaced';
};

/** Some of what was removed, or would be. Said as often as it takes. */
export type LeftoversMessage = {
  type: 'leftovers';
  leftovers: Leftover[];
};

/** What is in the directories together. */
export type CountedMessage = {
  type: 'counted';
  kinds: KindUsage[];
};

/** What an image turned out to be. */
export type ExaminedMessage = {
  type: 'examined';
  checks: ImageCheck[];
  /** Absent if nothing that can be believed says where it came from */
  download?: KnownDownload | undefined;
};

/** What the files that prove a download have shown. */
export type JudgedMessage = {
  type: 'judged';
  check: ImageCheck;
};

/** How far the count of a tree has come. Of several in quick succession the last one counts. */
export type CountingMessage = {
  type: 'counting';
  files: number;
  bytesOnDisk: number;
};

/** What is found of one image. Said once for each, in the order that they were asked about. */
export type ShownMessage = {
  type: 'shown';
  findings: ImageFindings;
};

/** What was asked for is done. */
export type ManagedMessage = {
  type: 'managed';
};

/** What ended transfers had left is removed. */
export type CleanedMessage = {
  type: 'cleaned';
};

/** An expected failure, which ends the transfer. */
export type FailureMessage = {
  type: 'failure';
  kind: FailureKind;
  message: string;
  /** The other parameters of the error of io.ferry.Transfer */
  facts: Record<string, JsonValue>;
};

/** A mistake of the program. */
export type BugMessage = {
  type: 'bug';
  stack: string;
};
