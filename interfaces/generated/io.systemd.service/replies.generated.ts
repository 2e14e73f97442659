// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** The reply to Ping(). */
export type PingReply = Record<never, never>;

/** The reply to SetLogLevel(). */
export type SetLogLevelReply = Record<never, never>;

/** The reply to GetLogLevel(). */
export type GetLogLevelReply = {
  /** The level, from 0 to 7 as in syslog(3) */
  level: Integer;
};

/** The reply to GetEnvironment(). */
export type GetEnvironmentReply = {
  /** The environment, one assignment NAME=VALUE an element */
  environment?: string[] | null;
};
