// Generated from io.systemd.service.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, VarlinkClient } from '../../../varlink/client/client.js';
import type { GetEnvironmentParameters, GetLogLevelParameters, PingParameters, SetLogLevelParameters } from './parameters.generated.js';
import type { GetEnvironmentReply, GetLogLevelReply, PingReply, SetLogLevelReply } from './replies.generated.js';

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
