// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CollectedImage, DescribedKey, ImageCheck, ImageFindings, KindUsage, KnownDownload, Leftover, MovedBytes, PlacementOutcome, PlannedDownload, PushedBlob, ResolvedArtefact, ResolvedImage, UnusableKeyring } from './answer-structs.generated.js';
import type { FailureKind, WorkerPhase } from './enums.generated.js';
import type { JsonValue } from '../../../../varlink/idl/value.js';
import type { PullOutcome } from './structs.generated.js';

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

/** What a reference to a container image stands for. */
export type ResolvedMessage = {
  type: 'resolved';
  image: ResolvedImage;
};

/** What a reference to an artefact stands for. */
export type FoundArtefactMessage = {
  type: 'foundArtefact';
  artefact: ResolvedArtefact;
};

/** All of an image is in the registry, or would be. */
export type PushedMessage = {
  type: 'pushed';
  manifestDigest: string;
  blobs: PushedBlob[];
};

/** A container image was found in an archive. */
export type CollectedMessage = {
  type: 'collected';
  outcome: CollectedImage;
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
