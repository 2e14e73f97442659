import { canFilterCalls, forbidTracing } from '../../linux/isolation.js';
import { codeDirectory, refuseIfUpdated } from '../installation.js';
import type { Sandbox } from './needs.js';
import { type Command, processes, type WorkerName } from './needs.js';
import { complaintOf, findSystemProgram, hasLayer, noLayer, notInstalled, type SandboxLayer } from './programs.js';

/** The first process of a PID namespace that ends with the service, and with what stands between both. */
const alone = ['--pid', '--fork', '--kill-child'];
/** The same user in a user namespace: for the kernel as good as another one, as far as tracing goes. */
const sameUser = ['--user', '--map-current-user', ...alone];
/** A range of users, for the owners of files (newuidmap, /etc/subuid). */
const manyUsers = ['--user', '--map-root-user', '--map-auto', '--net', ...alone];

/** unshare(1) with options, if it works here. */
async function unshareLayer(options: readonly string[], noNewRights: boolean): Promise<SandboxLayer> {
  const [unshare, setpriv] = [findSystemProgram('unshare'), findSystemProgram('setpriv')];
  if (unshare === undefined) return noLayer(notInstalled('unshare'));
  if (setpriv === undefined) return noLayer(notInstalled('setpriv'));
  const rights = noNewRights ? ['--no-new-privs'] : [];
  const command = [setpriv, '--pdeathsig=KILL', ...rights, '--', unshare, ...options, '--'];
  const complaint = await complaintOf([...command, 'true']);
  return complaint === undefined ? { command, reason: '' } : noLayer(complaint);
}

/** For those that cannot have a user namespace. */
function noNewRights(): string[] {
  const setpriv = findSystemProgram('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--no-new-privs', '--'];
}

/** The sandbox that an ordinary user can have. Each layer is tried before a transfer relies on it. */
export async function userSandbox(): Promise<Sandbox> {
  const [many, same, offline] = await Promise.all([
    unshareLayer(manyUsers, false),
    unshareLayer(sameUser, true),
    unshareLayer([...sameUser, '--net'], true),
  ]);
  // Else processes of transfers could look into the service.
  if (!hasLayer(same)) forbidTracing();
  const wallOf = (worker: WorkerName): readonly string[] => {
    const { network, rights, inPlacement = false } = processes[worker];
    if (inPlacement) return noNewRights();
    if (rights) return many.command;
    const { command } = network ? same : offline;
    return command.length > 0 ? command : noNewRights();
  };
  return {
    missing: missingLayers(many, same, offline),
    command: (worker) => {
      refuseIfUpdated();
      return commandBehind(wallOf(worker), worker);
    },
  };
}

function missingLayers(many: SandboxLayer, same: SandboxLayer, offline: SandboxLayer): string[] {
  const lines: [reason: string | undefined, what: string][] = [
    ['only root can give them another user', 'The fetch and decode processes run as yourself'],
    [
      hasLayer(many) ? '' : 'no subordinate identifiers (newuidmap, /etc/subuid) for you',
      'Owners of files cannot be kept',
    ],
    [many.reason, 'The placement process keeps the network'],
    [offline.reason, 'The decode process keeps the network'],
    [same.reason, 'The processes of a transfer see all others'],
    [canFilterCalls() ? '' : 'the kernel has none, or does not allow it', 'No filter of system calls holds processes'],
  ];
  return lines.flatMap(([reason, what]) => (reason ? [`${what}: ${reason}`] : []));
}

/** Behind unshare(1) who has started a process is in another PID namespace. */
function commandBehind(layer: readonly string[], worker: WorkerName): Command {
  return {
    begin: () => ({
      words: [...layer, process.execPath, `${codeDirectory}/worker/${worker}.js`],
      parent: layer.includes('--fork') ? 0 : process.pid,
      start: (spawn) => spawn(),
      end: async () => {},
    }),
  };
}
