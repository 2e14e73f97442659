/** What client and service say to each other, from interfaces/. */
export type { Image, Leftover } from '../../interfaces/generated/io.ferry.Image.generated.js';
export type {
  ExportParameters,
  ImportParameters,
  Phase,
  PlanReply as Plan,
  Progress,
  PullParameters,
  Result,
  Transfer,
  WatchReply as TransferReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
export type { Integer } from '../../varlink/idl/value.js';
