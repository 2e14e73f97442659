import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildWalls } from '../confinement/walls.js';
import { booleanSetting } from '../store/settings.js';
import type { Host, Scope } from '../transfer/host.js';
import { cleanAll } from '../transfer/leftovers.js';
import type { PassedSockets } from './activation.js';
import { Lifetime } from './lifetime.js';
import { Log, priorities } from './log.js';
import type { ServiceManagerLink } from './notify.js';
import { createService, type Service } from './service.js';
import type { ClientLink } from './socket.js';

/** How long the service stays without work, in milliseconds: as systemd-importd, or hardly at all for the client that started it. */
const idleTime = { socketActivated: 30_000, brief: 100 };
/** How long callers get to take their last answers, in milliseconds. */
const partingTime = 2000;
/** Everybody may connect to the system's service, which then asks who they are. */
const socketMode: Record<Scope, number> = { system: 0o666, user: 0o600 };

export interface DaemonParts {
  scope: Scope;
  environment: NodeJS.ProcessEnv;
  serviceManager: ServiceManagerLink;
  sockets: PassedSockets;
  client: ClientLink;
  /** The socket to bind, and the lock that goes with it; null when sockets were passed. */
  own: { path: string; lock: Disposable } | null;
}

/** The running service, from the first socket to its end. */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #host: Host;
  readonly #service: Service;
  readonly #lifetime: Lifetime;
  #finishing = false;

  constructor(parts: DaemonParts) {
    const { scope, environment, own } = parts;
    this.#parts = parts;
    this.#host = {
      scope,
      environment,
      walls: buildWalls(),
      log: new Log(environment),
      runtimeDirectory: own === null ? runtimeDirectory(scope, environment) : dirname(own.path),
    };
    this.#service = createService(this.#host, () => this.#lifetime.reconsider());
    this.#lifetime = new Lifetime({
      idleAfter: this.#idleTime(),
      isIdle: () => this.#isIdle(),
      onIdle: () => void this.#finish(),
    });
    this.#service.server.onIdleChange = () => this.#lifetime.reconsider();
  }

  async run(): Promise<void> {
    const { sockets, own, scope, serviceManager, client } = this.#parts;
    const { server } = this.#service;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.#stop(signal));
    for (const descriptor of sockets.listening) server.listen({ descriptor });
    for (const descriptor of sockets.connected) void server.serve(descriptor);
    if (own !== null) server.listen({ path: own.path, mode: socketMode[scope] });
    serviceManager.tell('READY=1');
    serviceManager.keepAlive();
    client.tell('ready');
    this.#lifetime.reconsider();
    for (const line of (await this.#host.walls).missing) this.#host.log.write(priorities.notice, line);
    await cleanAll(this.#host);
  }

  #isIdle(): boolean {
    return this.#service.server.connectionCount === 0 && this.#service.manager.active.length === 0;
  }

  #idleTime(): number | null {
    const { client, sockets, environment } = this.#parts;
    if (!booleanSetting(environment, 'SYSTEMD_EXIT_ON_IDLE', true)) return null;
    return client.started || sockets.connected.length > 0 ? idleTime.brief : idleTime.socketActivated;
  }

  /** Ends for lack of work. A client that came in the meantime is served; the next one finds no socket and starts the next service. */
  async #finish(): Promise<void> {
    if (this.#finishing) return;
    this.#stopListening();
    while (!this.#isIdle()) await pause(20);
    await this.#exit();
  }

  /** Ends because it was told to: transfers are ended, and their callers hear why. */
  async #stop(signal: string): Promise<void> {
    if (this.#finishing) return;
    this.#host.log.write(priorities.information, `Stopping on ${signal}`);
    this.#stopListening();
    await this.#service.manager.stop();
    await this.#exit();
  }

  #stopListening(): void {
    this.#finishing = true;
    this.#lifetime.end();
    this.#service.server.stopListening();
    this.#parts.own?.lock[Symbol.dispose]();
  }

  async #exit(): Promise<void> {
    await Promise.race([this.#service.server.close({ drain: true }), pause(partingTime)]);
    this.#parts.serviceManager.stop();
    process.exit(0);
  }
}

/** Where a service that was given its sockets keeps what must not outlive a boot. */
function runtimeDirectory(scope: Scope, environment: NodeJS.ProcessEnv): string {
  if (scope === 'system') return '/run/ferry';
  return `${environment['XDG_RUNTIME_DIR'] ?? `/tmp/ferry-${process.getuid?.() ?? 0}`}/ferry`;
}
