// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** The parameters of Ping(). */
export type PingParameters = Record<never, never>;

/** The parameters of SetLogLevel(). */
export type SetLogLevelParameters = {
  /** The level, from 0 to 7 as in syslog(3) */
  level?: Integer | null;
};

/** The parameters of GetLogLevel(). */
export type GetLogLevelParameters = Record<never, never>;

/** The parameters of GetEnvironment(). */
export type GetEnvironmentParameters = Record<never, never>;
