import type { Log } from '../../common/log/log.js';
import type {
  GetEnvironmentReply,
  GetLogLevelReply,
  SetLogLevelParameters,
} from '../../interfaces/generated/io.systemd.service.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';
import type { Interfaces } from './rights.js';
import type { Methods, PreparedCall } from './serve.js';

type Nothing = Record<never, never>;

/** io.systemd.service: what every service of a systemd host can be asked. */
export class ServiceInterface implements Methods<Interfaces['io.systemd.service']> {
  readonly #log: Log;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(log: Log, environment: NodeJS.ProcessEnv) {
    this.#log = log;
    this.#environment = environment;
  }

  Ping(call: ServerCall<Nothing, Nothing>): PreparedCall {
    return { run: () => call.reply({}) };
  }

  SetLogLevel(call: ServerCall<SetLogLevelParameters, Nothing>): PreparedCall {
    const run = () => {
      const level = Number(call.parameters.level ?? Number.NaN);
      if (!(level >= 0 && level <= 7)) throw serviceErrors.invalidParameter('level');
      this.#log.level = level;
      call.reply({});
    };
    return { run };
  }

  GetLogLevel(call: ServerCall<Nothing, GetLogLevelReply>): PreparedCall {
    return { run: () => call.reply({ level: this.#log.level }) };
  }

  GetEnvironment(call: ServerCall<Nothing, GetEnvironmentReply>): PreparedCall {
    const run = () => {
      const environment = Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
      call.reply({ environment });
    };
    return { run };
  }
}
