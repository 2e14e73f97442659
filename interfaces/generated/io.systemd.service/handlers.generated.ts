// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { GetEnvironmentParameters, GetLogLevelParameters, PingParameters, SetLogLevelParameters } from './parameters.generated.js';
import type { GetEnvironmentReply, GetLogLevelReply, PingReply, SetLogLevelReply } from './replies.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';

/** What a service that implements io.systemd.service has to provide: a function for each method. */
export interface ServiceHandlers {
  /** Answers if the service is alive */
  Ping(call: ServerCall<PingParameters, PingReply>): Promise<void>;
  /** Sets the log level. Only for root and the user the service runs as */
  SetLogLevel(call: ServerCall<SetLogLevelParameters, SetLogLevelReply>): Promise<void>;
  /** Tells the log level */
  GetLogLevel(call: ServerCall<GetLogLevelParameters, GetLogLevelReply>): Promise<void>;
  /** Tells the environment of the service. Only for root and the user the service runs as */
  GetEnvironment(call: ServerCall<GetEnvironmentParameters, GetEnvironmentReply>): Promise<void>;
}
