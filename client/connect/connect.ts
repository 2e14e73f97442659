import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { imageRootPath, type Scope } from '../../common/image-classes.js';
import type { Log } from '../../common/log/log.js';
import { ImageClient, imageInterface } from '../../interfaces/generated/io.ferry.Image.generated.js';
import { TransferClient, transferInterface } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { TrustClient, trustInterface } from '../../interfaces/generated/io.ferry.Trust.generated.js';
import { hasCode } from '../../linux/errno.js';
import { VarlinkClient } from '../../varlink/client/client.js';
import { messageOf, reasonOf, UserError } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';
import type { Settings } from '../cli/settings.js';
import { checkDirectory, defaultScope, type ServiceAddress, systemAddress, userAddress } from './address.js';
import { environmentWarning, type WantedEnvironment } from './environment.js';
import { unreachable } from './faults.js';
import type { HostName, MachineName } from './places.js';
import { addressRoute, type Reached, type Route } from './route.js';

const definitions = [transferInterface.description, imageInterface.description, trustInterface.description];

/** Whether the service is this host's, or the user's: others may be anybody's, and reply what they like. */
function isOwn({ elsewhere, options }: Route): boolean {
  return elsewhere === undefined && !options.some((option) => option.startsWith('--address='));
}

/** A connection to a service. */
export class ServiceConnection {
  readonly transfer: TransferClient;
  readonly image: ImageClient;
  readonly trust: TrustClient;
  readonly route: Route;
  readonly #client: VarlinkClient;

  constructor(route: Route, stream: Duplex) {
    this.route = route;
    this.#client = VarlinkClient.overStream(stream, isOwn(route) ? [] : definitions);
    this.transfer = new TransferClient(this.#client);
    this.image = new ImageClient(this.#client);
    this.trust = new TrustClient(this.#client);
  }

  /** A second connection to the same service: a call with `more` keeps the first one busy, and an upgrade takes it. */
  async another(): Promise<ServiceConnection> {
    return new ServiceConnection(this.route, await this.route.open());
  }

  /**
   * Asks for nothing but an answer: of what is only started, such as ssh, it is known from then on that it works.
   *
   * @throws UserError
   */
  async greet(): Promise<void> {
    try {
      await this.#client.call('org.varlink.service.GetInfo');
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw unreachable(`Cannot reach Ferry on ${this.route.elsewhere}: ${reasonOf(error)}.`);
    }
  }

  /** What to tell people whose environment the service does not have; undefined for nothing, or where the connection breaks. */
  async environmentWarning(wanted: WantedEnvironment): Promise<string | undefined> {
    // The call that the connection is for says what is wrong with it.
    return await environmentWarning(wanted, (method) => this.#client.call(method)).catch(() => undefined);
  }

  close(): void {
    this.#client.close();
  }
}

/** How long another client's service may take to start, in milliseconds. */
const startTimeoutMs = 10_000;
const retryIntervalMs = 50;

export type ConnectTarget = Pick<Settings, 'scope' | 'host' | 'machine' | 'address'>;

/** As reach(), and the service has answered. */
export async function connectService(
  target: ConnectTarget,
  context: ProcessContext,
  log: Log,
): Promise<ServiceConnection> {
  const { route, stream } = await reach(target, context, log);
  const connection = new ServiceConnection(route, stream);
  try {
    if (route.elsewhere !== undefined) await connection.greet();
    return connection;
  } catch (error) {
    connection.close();
    route.close?.();
    throw error;
  }
}

/**
 * Connects to the service that the options mean: that of the system for root, and everybody else's own. Where none listens on this host,
 * one is started, but that of the system only by root.
 *
 * @throws UserError if there is none and none can be started
 */
export async function reach(target: ConnectTarget, context: ProcessContext, log: Log): Promise<Reached> {
  if (target.host !== undefined) return await reachHost(target.host, target.scope, context);
  if (target.machine !== undefined) return await reachMachine(target.machine, target, context, log);
  if (target.address !== undefined) return await reachAddress(target.address, context);
  const options = target.scope === undefined ? [] : [`--${target.scope}`];
  const scope = target.scope ?? defaultScope(context);
  if (scope === 'system') return await reachSystem(context, options);
  if (target.scope === undefined) tellOfSystem(context, log);
  return await reachUser(context, options);
}

async function reachSystem(context: ProcessContext, options: readonly string[]): Promise<Reached> {
  const system = systemAddress(context);
  const reached = await reachIfListening(system, context, options);
  if (reached !== undefined) return reached;
  if (context.userId === 0) return await startAndReach(system, context, options);
  throw unreachable(`No service listens on '${system.path}': start ferry.socket as root, or use --user.`);
}

/** Where there are two services, people are told which one they get. */
function tellOfSystem(context: ProcessContext, log: Log): void {
  if (!existsSync(systemAddress(context).path)) return;
  log.info(`Using your own images, in ${userDirectories(context.variables)}; add --system to use those of the system.`);
}

function userDirectories(variables: ProcessContext['variables']): string {
  const machines = imageRootPath('machine', 'user', variables) ?? '~/.local/state/machines';
  return `${machines} and beside it`;
}

async function reachHost(name: HostName, scope: Scope | undefined, context: ProcessContext): Promise<Reached> {
  const { HostRoute } = await import('./host.js');
  const route = new HostRoute(name, scope, context);
  return { route, stream: await route.open() };
}

async function reachMachine(
  name: MachineName,
  { scope }: ConnectTarget,
  context: ProcessContext,
  log: Log,
): Promise<Reached> {
  const { isOneself, MachineRoute } = await import('./machine.js');
  if (isOneself(name)) {
    return await reach({ scope, host: undefined, machine: undefined, address: undefined }, context, log);
  }
  const route = await MachineRoute.find(name, scope, context);
  try {
    return { route, stream: await route.open() };
  } catch (error) {
    route.close();
    throw error;
  }
}

async function reachAddress(address: string, context: ProcessContext): Promise<Reached> {
  const route = addressRoute(address, [`--address=${address}`], {
    variables: context.variables,
    mayAskUser: context.userId !== 0,
  });
  try {
    return { route, stream: await route.open() };
  } catch (error) {
    const reason = address.startsWith('exec:') ? `${messageOf(error)}.` : `${addressProblem(error)}; check --address=`;
    throw unreachable(`Cannot connect to '${address}': ${reason}`);
  }
}

function addressProblem(error: unknown): string {
  if (hasCode(error, 'ENOENT')) return 'the socket does not exist';
  return hasCode(error, 'ECONNREFUSED') ? 'no service listens there' : reasonOf(error);
}

async function reachUser(context: ProcessContext, options: readonly string[]): Promise<Reached> {
  const address = userAddress(context);
  checkDirectory(address, context.userId);
  const reached = await reachIfListening(address, context, options);
  return reached ?? (await startAndReach(address, context, options));
}

export async function reachIfListening(
  { path, scope }: ServiceAddress,
  context: ProcessContext,
  options: readonly string[],
): Promise<Reached | undefined> {
  // Their own service asks nobody what a user may do.
  const route = addressRoute(path, options, {
    variables: context.variables,
    mayAskUser: scope === 'system' && context.userId !== 0,
  });
  try {
    return { route, stream: await route.open() };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ECONNREFUSED')) return undefined;
    throw unreachable(`Cannot connect to the service at '${path}': ${reasonOf(error)}.`);
  }
}

async function startAndReach(
  address: ServiceAddress,
  context: ProcessContext,
  options: readonly string[],
): Promise<Reached> {
  const { startService } = await import('./start.js');
  if (context.earlyStart?.path === address.path) {
    await context.earlyStart.outcome;
    const reached = await reachIfListening(address, context, options);
    // It may have ended again, for lack of work.
    if (reached !== undefined) return reached;
  }
  const outcome = await startService(address, context);
  const end = context.now() + (outcome === 'busy' ? startTimeoutMs : 0);
  for (;;) {
    const reached = await reachIfListening(address, context, options);
    if (reached !== undefined) return reached;
    if (context.now() >= end) break;
    await delay(retryIntervalMs);
  }
  const what = outcome === 'busy' ? 'Another service holds the lock there, but does not answer' : 'It does not answer';
  throw unreachable(`Cannot connect to the service started at '${address.path}': ${what}.`);
}
