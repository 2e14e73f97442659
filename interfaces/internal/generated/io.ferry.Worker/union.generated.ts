// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { BugMessage, CleanMessage, CleanRootMessage, CleanedMessage, CloneMessage, CountedMessage, CountingMessage, DecodeImportMessage, DecodePullMessage, DescribeKeysMessage, DescribedMessage, EncodeExportMessage, EncodedMessage, EndExportMessage, ExamineMessage, ExaminedMessage, ExportedMessage, FailureMessage, FetchPullMessage, FetchedMessage, InstallImportMessage, InstallPullMessage, JudgeMessage, JudgedMessage, KeysMessage, LeftoversMessage, LogMessage, ManagedMessage, MovedMessage, PhaseMessage, PlaceExportMessage, PlaceImportMessage, PlacePullMessage, PlacedMessage, PlanPullMessage, PlannedMessage, ProgressMessage, ReceivedMessage, RemoveMessage, RenameMessage, ReplacedMessage, SetReadOnlyMessage, ShowMessage, ShownMessage, SourceMessage, UsageMessage } from './messages.generated.js';

/** All messages of io.ferry.Worker. */
export type WorkerMessage =
  | FetchPullMessage
  | PlanPullMessage
  | DescribeKeysMessage
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
  | UsageMessage
  | ExamineMessage
  | JudgeMessage
  | ShowMessage
  | CleanRootMessage
  | LogMessage
  | PhaseMessage
  | ProgressMessage
  | ReceivedMessage
  | EncodedMessage
  | FetchedMessage
  | PlannedMessage
  | KeysMessage
  | DescribedMessage
  | MovedMessage
  | ExportedMessage
  | SourceMessage
  | PlacedMessage
  | ReplacedMessage
  | LeftoversMessage
  | CountedMessage
  | ExaminedMessage
  | JudgedMessage
  | CountingMessage
  | ShownMessage
  | ManagedMessage
  | CleanedMessage
  | FailureMessage
  | BugMessage;
