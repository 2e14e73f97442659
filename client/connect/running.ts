import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessContext } from '../cli/process-context.js';
import type { Settings } from '../cli/settings.js';
import { addressOf, checkDirectory, defaultScope, type ServiceAddress } from './address.js';
import { reachIfListening, ServiceConnection } from './connect.js';

/** How long systemctl(1) may take, in milliseconds. */
const managerTimeoutMs = 500;

/** Where the service of this host listens that the options mean. Undefined for services elsewhere. */
export function localAddress(target: Settings, context: ProcessContext): ServiceAddress | undefined {
  if ((target.host ?? target.machine ?? target.address) !== undefined) return undefined;
  return addressOf(target.scope ?? defaultScope(context), context);
}

/**
 * Connects to a service that runs already. Nothing is started: not by us, and not by systemd because somebody connects.
 *
 * @returns undefined if none runs
 */
export async function reachRunning(
  address: ServiceAddress,
  context: ProcessContext,
): Promise<ServiceConnection | undefined> {
  if (address.scope === 'user') checkDirectory(address, context.userId);
  if (!existsSync(address.path) || connectingStarts(address, context)) return undefined;
  const reached = await reachIfListening(address, context, []);
  return reached === undefined ? undefined : new ServiceConnection(reached.route, reached.stream);
}

/** Whether it is systemd that listens, and the service does not run. */
function connectingStarts({ scope }: ServiceAddress, { runtimeDirectory, environment }: ProcessContext): boolean {
  const manager =
    scope === 'system'
      ? join(runtimeDirectory, 'systemd/system')
      : join(environment.runtimeDirectory || '/nowhere', 'systemd');
  if (!existsSync(manager)) return false;
  const { stdout } = spawnSync('systemctl', [`--${scope}`, 'is-active', 'ferry.socket', 'ferry.service'], {
    encoding: 'utf8',
    timeout: managerTimeoutMs,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [socket, service] = (stdout ?? '').split('\n');
  return socket !== 'inactive' && service !== 'active';
}
