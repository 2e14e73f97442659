// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, VarlinkClient } from '../../varlink/client/client.js';
import type { Integer } from '../../varlink/idl/value.js';
import type { ServerCall } from '../../varlink/server/call.js';

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

/** The environment is not valid UTF-8 */
export type InconsistentEnvironmentError = Record<never, never>;

/** The qualified names of the errors of io.systemd.service. */
export const serviceErrors = {
  InconsistentEnvironment: 'io.systemd.service.InconsistentEnvironment',
} as const;

/** The errors of io.systemd.service by qualified name, with the parameters they carry. */
export type ServiceErrors = {
  'io.systemd.service.InconsistentEnvironment': InconsistentEnvironmentError;
};

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

/** Calls the methods of io.systemd.service over a connection. */
export class ServiceClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /** Answers if the service is alive */
  ping(parameters: PingParameters = {}, options?: CallOptions): Promise<PingReply> {
    return this.#client.call<PingReply>('io.systemd.service.Ping', parameters, options);
  }

  /** Sets the log level. Only for root and the user the service runs as */
  setLogLevel(parameters: SetLogLevelParameters = {}, options?: CallOptions): Promise<SetLogLevelReply> {
    return this.#client.call<SetLogLevelReply>('io.systemd.service.SetLogLevel', parameters, options);
  }

  /** Tells the log level */
  getLogLevel(parameters: GetLogLevelParameters = {}, options?: CallOptions): Promise<GetLogLevelReply> {
    return this.#client.call<GetLogLevelReply>('io.systemd.service.GetLogLevel', parameters, options);
  }

  /** Tells the environment of the service. Only for root and the user the service runs as */
  getEnvironment(parameters: GetEnvironmentParameters = {}, options?: CallOptions): Promise<GetEnvironmentReply> {
    return this.#client.call<GetEnvironmentReply>('io.systemd.service.GetEnvironment', parameters, options);
  }
}

/** What every service of a systemd host can be asked. */
export const serviceInterface = {
  name: 'io.systemd.service',
  /** The text of the definition, as introspection gives it. */
  description: `# What every service of a systemd host can be asked.
interface io.systemd.service

# Answers if the service is alive
method Ping() -> ()

# Sets the log level. Only for root and the user the service runs as
method SetLogLevel(
	# The level, from 0 to 7 as in syslog(3)
	level: ?int
) -> ()

# Tells the log level
method GetLogLevel() -> (
	# The level, from 0 to 7 as in syslog(3)
	level: int
)

# Tells the environment of the service. Only for root and the user the service runs as
method GetEnvironment() -> (
	# The environment, one assignment NAME=VALUE an element
	environment: ?[]string
)

# The environment is not valid UTF-8
error InconsistentEnvironment()
`,
} as const;
