import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ImageClient } from '../../interfaces/generated/io.ferry.Image.generated.js';
import { TransferClient } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkClient } from '../../varlink/client/client.js';
import { hasErrorCode, reasonOf, UserError } from '../failure.js';
import type { Log } from '../output/log.js';
import type { Scope, Settings } from '../settings.js';
import type { Surroundings } from '../surroundings.js';
import { checkDirectory, type ServiceAddress, systemAddress, userAddress } from './address.js';

/** A connection to a service. */
export class ServiceConnection {
  readonly transfer: TransferClient;
  readonly image: ImageClient;
  /** The options that lead another run of the client to the same service. */
  readonly options: readonly string[];
  readonly #address: string;
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient, address: string, options: readonly string[]) {
    this.#client = client;
    this.#address = address;
    this.options = options;
    this.transfer = new TransferClient(client);
    this.image = new ImageClient(client);
  }

  /** Where the service says more about itself. */
  get logPlace(): string {
    const log = join(dirname(this.#address.replace(/^unix:/, '')), 'service.log');
    return existsSync(log) ? `'${log}'` : "the journal ('journalctl --unit=ferry.service')";
  }

  /** A second connection to the same service: a call with `more` keeps the first one busy. */
  async another(): Promise<ServiceConnection> {
    return new ServiceConnection(await VarlinkClient.connect(this.#address), this.#address, this.options);
  }

  close(): void {
    this.#client.close();
  }
}

/** How long another client's service may take to start, in milliseconds. */
const startTimeout = 10_000;
const retryInterval = 50;

type Target = Pick<Settings, 'scope' | 'host' | 'machine' | 'address'>;

/**
 * Connects to the service that the options mean: that of the system for root; for others too if it runs, else their
 * own. Where none listens, one is started.
 *
 * @throws UserError if there is none and none can be started
 */
export async function connectService(target: Target, surroundings: Surroundings, log: Log): Promise<ServiceConnection> {
  if (target.host !== undefined) throw new UserError(`Cannot reach '${target.host}': --host= is not supported yet.`);
  if (target.machine !== undefined && target.machine !== '.host') {
    throw new UserError(`Cannot reach '${target.machine}': --machine= is not supported yet.`);
  }
  if (target.address !== undefined) return await connectAddress(target.address);
  if (target.scope === 'user') return await connectUser(surroundings, ['--user']);
  const system = systemAddress(surroundings);
  const connection = await connectIfListening(system, scopeOptions(target.scope));
  if (connection !== undefined) return connection;
  if (surroundings.userId === 0) return await startAndConnect(system, surroundings, scopeOptions(target.scope));
  if (target.scope === 'system') {
    throw new UserError(`No service listens on '${system.path}': start ferry.socket as root, or use --user.`);
  }
  const user = await connectUser(surroundings, ['--user']);
  log.info(`No service of the system runs: using your own, images go to ${userDirectories(surroundings.env)}.`);
  return user;
}

function scopeOptions(scope: Scope | undefined): readonly string[] {
  return scope === undefined ? [] : [`--${scope}`];
}

function userDirectories(env: Surroundings['env']): string {
  const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local/state');
  return `${join(state, 'machines')} (and portables, extensions, confexts beside it)`;
}

async function connectAddress(address: string): Promise<ServiceConnection> {
  try {
    return new ServiceConnection(await VarlinkClient.connect(address), address, [`--address=${address}`]);
  } catch (error) {
    throw new UserError(`Cannot connect to '${address}': ${reasonOf(error)}.`);
  }
}

async function connectUser(surroundings: Surroundings, options: readonly string[]): Promise<ServiceConnection> {
  const address = userAddress(surroundings);
  checkDirectory(address, surroundings.userId);
  const connection = await connectIfListening(address, options);
  return connection ?? (await startAndConnect(address, surroundings, options));
}

async function connectIfListening(
  address: ServiceAddress,
  options: readonly string[],
): Promise<ServiceConnection | undefined> {
  try {
    const name = `unix:${address.path}`;
    return new ServiceConnection(await VarlinkClient.connect(name), name, options);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ECONNREFUSED')) return undefined;
    throw new UserError(`Cannot connect to the service at '${address.path}': ${reasonOf(error)}.`);
  }
}

async function startAndConnect(
  address: ServiceAddress,
  surroundings: Surroundings,
  options: readonly string[],
): Promise<ServiceConnection> {
  const { startService } = await import('./start.js');
  const outcome = await startService(address, surroundings);
  const end = surroundings.now() + (outcome === 'busy' ? startTimeout : 0);
  for (;;) {
    const connection = await connectIfListening(address, options);
    if (connection !== undefined) return connection;
    if (surroundings.now() >= end) break;
    await delay(retryInterval);
  }
  const what = outcome === 'busy' ? 'Another service holds the lock there, but does not answer' : 'It does not answer';
  throw new UserError(`Cannot connect to the service started at '${address.path}': ${what}.`);
}
