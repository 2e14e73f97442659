import { setTimeout as pause } from 'node:timers/promises';
import { booleanSetting } from '../../common/environment.js';
import type { Scope } from '../../common/image-classes.js';
import { isUpdated } from '../installation.js';
import { History } from '../transfers/history/history.js';
import type { Host } from '../transfers/host.js';
import { cleanAll } from '../transfers/kinds/leftovers.js';
import type { PassedSockets } from './activation.js';
import { Lifetime } from './lifetime.js';
import type { ServiceManagerLink } from './notify.js';
import type { PreparedHost } from './prepare.js';
import { notesBeside, runtimeDirectory } from './runtime-directory.js';
import { createService, type Service } from './service.js';
import type { ClientLink } from './socket.js';
import { stateDirectory } from './state-directory.js';

/**
 * How long the service stays without work, in milliseconds: as systemd-importd, or hardly at all for the client that started it,
 * once that has come.
 */
const idleTime = { socketActivated: 30_000, expectant: 2000, brief: 100 };
/** How long callers get to take their last answers, in milliseconds. */
const partingMs = 2000;
/** Everybody may connect to the system's service, which then asks who they are. */
const socketMode: Record<Scope, number> = { system: 0o666, user: 0o600 };

export interface DaemonParts {
  scope: Scope;
  environment: NodeJS.ProcessEnv;
  serviceManager: ServiceManagerLink;
  sockets: PassedSockets;
  client: ClientLink;
  prepared: PreparedHost;
  /** The socket to bind, and the lock that goes with it; undefined when sockets were passed. */
  own: { path: string; lock: Disposable } | undefined;
}

/** The running service, from the first socket to its end. */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #host: Host;
  readonly #service: Service;
  readonly #lifetime: Lifetime;
  #stopping = false;
  /** Whether the client that started this service may still be on its way, while all of it is loaded. */
  #clientIsDue: boolean;
  /** What earlier services left is being removed: a brief service would never come to the end of that. */
  #cleaning = true;

  constructor(parts: DaemonParts) {
    const { scope, environment, own } = parts;
    this.#parts = parts;
    this.#clientIsDue = parts.client.nextVerb !== undefined;
    const state = stateDirectory(scope, environment);
    this.#host = {
      ...parts.prepared,
      scope,
      environment,
      runtimeDirectory:
        own === undefined ? runtimeDirectory(scope, environment, process.getuid?.() ?? 0) : notesBeside(own.path),
      stateDirectory: state,
      history: new History({ scope, log: parts.prepared.log, stateDirectory: state }),
    };
    this.#service = createService(this.#host, () => this.#onChange());
    this.#lifetime = new Lifetime({
      idleAfter: () => this.#idleTime(),
      isIdle: () => this.#isIdle(),
      onIdle: () => this.#finish(),
    });
    this.#service.server.onIdleChange = () => {
      this.#clientIsDue = false;
      this.#lifetime.reconsider();
    };
  }

  async run(): Promise<void> {
    const { sockets, serviceManager, client } = this.#parts;
    const { server } = this.#service;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.#stop(signal));
    for (const descriptor of sockets.listening) server.listen({ descriptor });
    for (const descriptor of sockets.connected) void server.serve(descriptor);
    this.#listen();
    serviceManager.tell('READY=1');
    serviceManager.keepAlive();
    client.tell('ready');
    this.#lifetime.reconsider();
    const { missing, owners } = await this.#host.sandbox;
    for (const line of missing) this.#host.log.notice(line);
    if (owners !== undefined) this.#host.log.info(owners);
    await cleanAll(this.#host).catch((error) => this.#host.log.bug(error, 'cleaning'));
    this.#cleaning = false;
    this.#onChange();
  }

  /** There is something to do, or nothing more. */
  #onChange(): void {
    this.#lifetime.reconsider();
    const hasNone = () => this.#service.manager.active.length === 0;
    // A brief service does not live to see another one.
    if (!this.#isBrief && !this.#stopping && hasNone()) this.#host.spares.fillSoon(hasNone);
  }

  #isIdle(): boolean {
    const { server, manager } = this.#service;
    if (manager.active.length > 0 || this.#cleaning) return false;
    // After an update nothing can be done any more for those who are connected.
    return server.connectionCount === 0 || isUpdated();
  }

  #idleTime(): number | undefined {
    if (isUpdated()) return idleTime.brief;
    if (!booleanSetting(this.#parts.environment, 'SYSTEMD_EXIT_ON_IDLE', true)) return undefined;
    if (this.#clientIsDue) return idleTime.expectant;
    return this.#isBrief ? idleTime.brief : idleTime.socketActivated;
  }

  /** Whether it is there for one client. */
  get #isBrief(): boolean {
    const { client, sockets } = this.#parts;
    return client.started || sockets.connected.length > 0;
  }

  #listen(): void {
    const { own, scope } = this.#parts;
    if (own !== undefined) this.#service.server.listen({ path: own.path, mode: socketMode[scope] });
  }

  /**
   * Ends for lack of work. A client that came at the last moment is served, and then the service goes on: it still has the lock,
   * so nobody has taken its place, and the transfers of that client have to be found where the socket is.
   */
  #finish(): void {
    if (this.#stopping) return;
    this.#service.server.stopListening();
    if (!this.#isIdle()) {
      this.#listen();
      return;
    }
    this.#host.spares.end();
    this.#parts.serviceManager.stop();
    process.exit(0);
  }

  /** Ends because it was told to: transfers are ended, and their callers hear why. */
  async #stop(signal: string): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#host.log.info(`Stopping on ${signal}`);
    this.#parts.serviceManager.stop();
    this.#lifetime.end();
    this.#host.spares.end();
    this.#service.server.stopListening();
    this.#parts.own?.lock[Symbol.dispose]();
    await this.#service.manager.stop();
    await Promise.race([this.#service.server.close({ drain: true }), pause(partingMs)]);
    process.exit(0);
  }
}
