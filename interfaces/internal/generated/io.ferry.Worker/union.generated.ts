// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { BugMessage, CleanedMessage, CollectedMessage, CountedMessage, CountingMessage, DescribedMessage, EncodedMessage, ExaminedMessage, ExportedMessage, FailureMessage, FetchedMessage, FoundArtefactMessage, JudgedMessage, KeysMessage, LeftoversMessage, LogMessage, ManagedMessage, MovedMessage, PhaseMessage, PlacedMessage, PlannedMessage, ProgressMessage, PushedMessage, ReceivedMessage, ReplacedMessage, ResolvedMessage, ShownMessage, SourceMessage } from './messages.generated.js';
import type { CleanMessage, CleanRootMessage, CloneMessage, CollectOciMessage, DecodeImportMessage, DecodePullMessage, DescribeKeysMessage, EncodeExportMessage, EncodeOciMessage, EndExportMessage, ExamineMessage, FetchPullMessage, InstallImportMessage, InstallPullMessage, JudgeMessage, PlaceExportMessage, PlaceImportMessage, PlaceLayerMessage, PlaceOciMessage, PlacePullMessage, PlanPullMessage, PushOciMessage, RemoveMessage, RenameMessage, ResolveArtefactMessage, ResolveOciMessage, SetReadOnlyMessage, ShowMessage, UsageMessage } from './orders.generated.js';

/** All messages of io.ferry.Worker. */
export type WorkerMessage =
  | FetchPullMessage
  | PlanPullMessage
  | ResolveOciMessage
  | ResolveArtefactMessage
  | PushOciMessage
  | DescribeKeysMessage
  | DecodePullMessage
  | DecodeImportMessage
  | EncodeExportMessage
  | CollectOciMessage
  | EncodeOciMessage
  | PlacePullMessage
  | PlaceLayerMessage
  | PlaceOciMessage
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
  | ResolvedMessage
  | FoundArtefactMessage
  | PushedMessage
  | CollectedMessage
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
