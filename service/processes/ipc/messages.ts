import type {
  CleanMessage,
  CleanRootMessage,
  CloneMessage,
  CollectOciMessage,
  DecodeImportMessage,
  DecodePullMessage,
  DescribeKeysMessage,
  EncodeExportMessage,
  EncodeOciMessage,
  EndExportMessage,
  ExamineMessage,
  FetchPullMessage,
  InstallImportMessage,
  InstallPullMessage,
  JudgeMessage,
  WorkerMessage as Message,
  PlaceExportMessage,
  PlaceImportMessage,
  PlaceLayerMessage,
  PlaceOciMessage,
  PlacePullMessage,
  PlanPullMessage,
  PushOciMessage,
  RemoveMessage,
  RenameMessage,
  ResolveArtefactMessage,
  ResolveOciMessage,
  SetReadOnlyMessage,
  ShowMessage,
  UsageMessage,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { WorkerName } from '../../sandbox/needs.js';

/*
 * What the daemon and the processes of a transfer say to each other: one JSON object a line, on descriptor 3. Bytes never travel
 * here. All of it is defined in interfaces/internal; message-policy.ts checks what the processes say, orders.ts what the daemon does.
 */

export type { Phase } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
export type {
  CachedOriginal,
  CollectedImage,
  CollectOciMessage as OciCollectOrder,
  DecodeImportMessage as ImportDecodeOrder,
  DecodePullMessage as PullDecodeOrder,
  DescribedKey,
  Download,
  EncodeExportMessage as ExportEncodeOrder,
  EncodeOciMessage as OciEncodeOrder,
  ImageCheck,
  ImageClass,
  ImageFindings,
  ImageFormat,
  JudgeMessage as JudgeOrder,
  Keyring,
  KnownDownload,
  KnownSize,
  LayerCompression,
  Leftover,
  Loss,
  ManagedImage,
  MovedBytes,
  NewImage,
  Obstacle,
  OciLayer,
  PartialSource,
  PlaceExportMessage as ExportPlacementOrder,
  PlaceImportMessage as ImportPlacementOrder,
  PlaceLayerMessage as LayerPlacementOrder,
  PlacementOutcome,
  PlaceOciMessage as OciPlacementOrder,
  PlacePullMessage as PullPlacementOrder,
  PlannedDownload,
  Provenance,
  ProvenanceOrder,
  PullOutcome,
  PushedArtefact,
  PushedBlob,
  PushOciMessage as OciPushOrder,
  RegistryAccess,
  ResolvedArtefact,
  ResolvedImage,
  SidecarOrigin,
  SignatureDemand,
  SoughtReference,
  UnusableKeyring,
  Verification,
  VerificationRecord,
  VerifiedBy,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';

/** The first order of a process, which says what it is there for. */
interface FirstOrders {
  fetch:
    | CollectOciMessage
    | FetchPullMessage
    | PlanPullMessage
    | ResolveArtefactMessage
    | ResolveOciMessage
    | PushOciMessage
    | DescribeKeysMessage
    | JudgeMessage;
  decode: DecodePullMessage | DecodeImportMessage | EncodeExportMessage | EncodeOciMessage;
  placement: PlacePullMessage | PlaceLayerMessage | PlaceOciMessage | PlaceImportMessage | PlaceExportMessage;
  manage:
    | RemoveMessage
    | RenameMessage
    | CloneMessage
    | SetReadOnlyMessage
    | CleanMessage
    | ExamineMessage
    | ShowMessage
    | UsageMessage;
  cleanup: CleanRootMessage;
  /** Its parameters say all. */
  convert: never;
}

/** What placement is told when all is well. */
export type Permission = InstallPullMessage | InstallImportMessage | EndExportMessage;

export type FirstOrder<Name extends WorkerName> = FirstOrders[Name];
/** What the daemon may tell a process. */
export type OrderTo<Name extends WorkerName> = FirstOrders[Name] | (Name extends 'placement' ? Permission : never);
export type Order = OrderTo<WorkerName>;
/** What a process may say. */
export type WorkerMessage = Exclude<Message, Order>;
