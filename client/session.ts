import { connectService, type ServiceConnection } from './connect/connect.js';
import type { Log } from './output/log.js';
import { requireClass, type Settings } from './settings.js';
import type { Surroundings } from './surroundings.js';
import type { ImageClass } from './values.js';

/** One run of a command: what it was told, where it runs, and its connection to the service once it needs one. */
export class Session implements AsyncDisposable {
  readonly settings: Settings;
  readonly surroundings: Surroundings;
  readonly log: Log;
  #connection: Promise<ServiceConnection> | undefined;

  constructor(settings: Settings, surroundings: Surroundings, log: Log) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.log = log;
  }

  /** The class of the image that the command is about. */
  get imageClass(): ImageClass {
    return requireClass(this.settings, this.surroundings);
  }

  /** Whether polkit may ask the user. */
  get allowInteractiveAuthentication(): boolean {
    return this.settings.askPassword;
  }

  /** Connects to the service, at the first call, starting it where none runs. */
  connect(): Promise<ServiceConnection> {
    this.#connection ??= connectService(this.settings, this.surroundings, this.log);
    return this.#connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    connection?.close();
  }
}
