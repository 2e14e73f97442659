/** What client and service say to each other, from interfaces/. */
export type {
  CountProgress,
  DiskPartition,
  HistoryEvent,
  Image,
  ImageCheck,
  ImageDetails,
  ImageSize,
  Leftover,
  ListParameters,
  Provenance,
  UsageEntry,
  Verdict,
  VerifyReply,
} from '../../interfaces/generated/io.ferry.Image.generated.js';
export type {
  ExportFormat,
  ExportParameters,
  ImportParameters,
  Phase,
  PlanOciReply as OciPlan,
  PlanReply as Plan,
  Progress,
  PullOciParameters,
  PullParameters,
  PushedBlob,
  PushOciParameters,
  RegistryCredential,
  RegistryLocation,
  Result,
  Transfer,
  WatchReply as TransferReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
export type {
  Entry as TrustEntry,
  Finding,
  Key as TrustedKey,
  ShowReply as ShownTrust,
} from '../../interfaces/generated/io.ferry.Trust.generated.js';
export type { Integer } from '../../varlink/idl/value.js';
