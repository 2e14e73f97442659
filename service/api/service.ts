import type { Log } from '../../common/log/log.js';
import type {
  GetEnvironmentReply,
  GetLogLevelReply,
  ServiceHandlers,
  SetLogLevelParameters,
} from '../../interfaces/generated/io.systemd.service.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { isTrusted } from './authorize.js';

type Nothing = Record<never, never>;

/** io.systemd.service: what every service of a systemd host can be asked. */
export class ServiceInterface implements ServiceHandlers {
  readonly #log: Log;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(log: Log, environment: NodeJS.ProcessEnv) {
    this.#log = log;
    this.#environment = environment;
  }

  async Ping(call: ServerCall<Nothing, Nothing>): Promise<void> {
    call.reply({});
  }

  async SetLogLevel(call: ServerCall<SetLogLevelParameters, Nothing>): Promise<void> {
    if (!isTrusted(call.peer)) throw serviceErrors.permissionDenied();
    const level = Number(call.parameters.level ?? Number.NaN);
    if (!(level >= 0 && level <= 7)) throw serviceErrors.invalidParameter('level');
    this.#log.level = level;
    call.reply({});
  }

  async GetLogLevel(call: ServerCall<Nothing, GetLogLevelReply>): Promise<void> {
    call.reply({ level: this.#log.level });
  }

  async GetEnvironment(call: ServerCall<Nothing, GetEnvironmentReply>): Promise<void> {
    if (!isTrusted(call.peer)) throw serviceErrors.permissionDenied();
    const environment = Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
    call.reply({ environment });
  }
}
