import type { ImageClass } from '../../common/image-classes.js';
import type { Log } from '../../common/log/log.js';
import { defaultScope } from '../connect/address.js';
import { connectService, reach, type ServiceConnection } from '../connect/connect.js';
import { environmentForService, unreadableVariables } from '../connect/environment.js';
import type { Reached } from '../connect/route.js';
import type { UserError } from './failure.js';
import type { OptionScope } from './option/kinds.js';
import type { ProcessContext } from './process-context.js';
import { requireClass, type Settings } from './settings.js';

/** One run of a command: what it was told, where it runs, and its connection to the service once it needs one. */
export class Session implements AsyncDisposable {
  readonly settings: Settings;
  readonly context: ProcessContext;
  readonly log: Log;
  readonly #failures: UserError[] = [];
  /** The options that the verb takes, which tell what it does. */
  readonly #takes: readonly OptionScope[];
  #connection: Promise<ServiceConnection> | undefined;
  #agent: Promise<AsyncDisposable | undefined> | undefined;

  constructor(settings: Settings, context: ProcessContext, log: Log, takes: readonly OptionScope[] = []) {
    this.settings = settings;
    this.context = context;
    this.log = log;
    this.#takes = takes;
  }

  /** The class of the image that the command is about. */
  get imageClass(): ImageClass {
    return requireClass(this.settings, this.context);
  }

  /** What was noted as failed, in that order. */
  get failures(): readonly UserError[] {
    return this.#failures;
  }

  /** Notes a failure that does not end the command, for what --json writes. importctl(1) writes no failures. */
  noteFailure(error: UserError): void {
    if (this.context.programName !== 'importctl') this.#failures.push(error);
  }

  /** Whether polkit may ask the user. */
  get allowInteractiveAuthentication(): boolean {
    return this.settings.askPassword;
  }

  /** Connects to the service, at the first call, starting it where none runs. For calls that anyone may make. */
  connect(): Promise<ServiceConnection> {
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  /** As connect(), for calls that need rights: where polkit may have to ask the user, it can do so on the terminal. */
  async connectForChange(): Promise<ServiceConnection> {
    const connection = await this.connect();
    if (connection.route.mayAskUser && this.allowInteractiveAuthentication) {
      this.#agent ??= this.#startAgent();
      await this.#agent;
    }
    return connection;
  }

  /** Connects without speaking to the service. */
  reach(): Promise<Reached> {
    return reach(this.settings, this.context, this.log);
  }

  async #connect(): Promise<ServiceConnection> {
    const { settings, context, log } = this;
    const connection = await connectService(settings, context, log);
    if (connection.route.elsewhere !== undefined) return connection;
    const isOfDirectory = settings.address === undefined && settings.imageRoot === undefined;
    const scope = isOfDirectory ? (settings.scope ?? defaultScope(context)) : undefined;
    const wanted = { environment: environmentForService(context), takes: this.#takes, scope };
    for (const line of unreadableVariables(wanted)) log.warning(line);
    const warning = await connection.environmentWarning(wanted);
    if (warning !== undefined) log.warning(warning);
    return connection;
  }

  async #startAgent(): Promise<AsyncDisposable | undefined> {
    const { startPolkitAgent } = await import('../polkit-agent.js');
    return await startPolkitAgent(this.context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    connection?.close();
    connection?.route.close?.();
    await (await this.#agent)?.[Symbol.asyncDispose]();
  }
}
