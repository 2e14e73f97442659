// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** The parameters of Ping(). */
export type PingParameters = Record<never, never>;

/** The reply to Ping(). */
export type PingReply = Record<never, never>;

/** The parameters of SetLogLevel(). */
export type SetLogLevelParameters = {
  /** The level, from 0 to 7 as in syslog(3) */
  level?: Integer | null;
};

/** The reply to SetLogLevel(). */
export type SetLogLevelReply = Record<never, never>;

/** The parameters of GetLogLevel(). */
export type GetLogLevelParameters = Record<never, never>;

/** The reply to GetLogLevel(). */
export type GetLogLevelReply = {
  /** The level, from 0 to 7 as in syslog(3) */
  level: Integer;
};

/** The parameters of GetEnvironment(). */
export type GetEnvironmentParameters = Record<never, never>;

/** The reply to GetEnvironment(). */
export type GetEnvironmentReply = {
  /** The environment, one assignment NAME=VALUE an element */
  environment?: string[] | null;
};
