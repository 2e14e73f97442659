// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { ImageClass, TransferType } from './enums.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';
import type { LogMessage } from './structs.generated.js';

/** The reply to ListTransfers(). */
export type ListTransfersReply = {
  /** The identifier */
  id: Integer;
  /** What it does */
  type: TransferType;
  /** Where it comes from; empty for imports and exports */
  remote: string;
  /** The name of the image; empty if it gets none */
  local: string;
  /** The class of the image */
  class: ImageClass;
  /** How far it has come, as a fraction from 0.0 to 1.0; 0.0 if unknown */
  percent: number;
};

/** The reply to Pull(). */
export type PullReply = {
  /** How far it has come, as a fraction from 0.0 to 1.0 */
  progress?: number | null;
  /** A line of its log */
  log?: LogMessage | null;
  /** The identifier */
  id?: Integer | null;
};
