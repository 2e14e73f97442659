/** What client and service say to each other, from interfaces/. */
export type { Image, ImageType, Leftover } from '../../interfaces/generated/io.ferry.Image.generated.js';
export type {
  ExportParameters,
  ImageFormat,
  ImportFormat,
  ImportParameters,
  LogLine,
  Phase,
  PlanReply as Plan,
  Progress,
  PullParameters,
  Result,
  Transfer,
  WatchReply as TransferReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
export type { Integer } from '../../varlink/idl/value.js';
