// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** A line for people */
export type LogMessage = {
  /** The text */
  message: string;
  /** The priority as in syslog(3) */
  priority: Integer;
};
