import { canFilterCalls, forbidTracing } from '../../linux/isolation.js';
import { foreignFirst } from '../../linux/owners/foreign-owners.js';
import { codeDirectory, refuseIfUpdated } from '../installation.js';
import { foreignNamespace } from './foreign-range.js';
import { type Command, processes, type Sandbox, type TreeOwners, type WorkerName } from './needs.js';
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

/** Besides the map, rules of the kernel decide about files: only one that is given to the range shows that all of them allow it. */
const giveToRange = [
  'directory=$(mktemp -d)',
  `chown ${foreignFirst}:${foreignFirst} "$directory"`,
  'status=$?',
  'rmdir "$directory"',
  'exit $status',
].join('\n');

/** A user namespace with the foreign UID range, for trees that belong to it. The descriptor of it is this process's, as long as it runs. */
async function foreignLayer(socket: string): Promise<SandboxLayer> {
  const [nsenter, unshare, setpriv] = ['nsenter', 'unshare', 'setpriv'].map((name) => findSystemProgram(name));
  if (nsenter === undefined) return noLayer(notInstalled('nsenter'));
  if (unshare === undefined) return noLayer(notInstalled('unshare'));
  if (setpriv === undefined) return noLayer(notInstalled('setpriv'));
  const namespace = await foreignNamespace(socket);
  if (typeof namespace === 'string') return noLayer(namespace);
  const enter = [nsenter, `--user=/proc/${process.pid}/fd/${namespace}`, '--preserve-credentials', '--'];
  const command = [setpriv, '--pdeathsig=KILL', '--no-new-privs', '--', ...enter, unshare, '--net', ...alone, '--'];
  const complaint = await complaintOf([...command, '/bin/sh', '-c', giveToRange]);
  const reason = `files cannot be given to the range that systemd-nsresourced maps: ${complaint}`;
  return complaint === undefined ? { command, reason: '' } : noLayer(reason);
}

/** For those that cannot have a user namespace. */
function noNewRights(): string[] {
  const setpriv = findSystemProgram('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--no-new-privs', '--'];
}

/**
 * The sandbox that an ordinary user can have. Each layer is tried before a transfer relies on it.
 *
 * @param socket where systemd-nsresourced listens; empty to do without it
 */
export async function userSandbox(socket: string): Promise<Sandbox> {
  const [foreign, many, same, offline] = await Promise.all([
    foreignLayer(socket),
    unshareLayer(manyUsers, false),
    unshareLayer(sameUser, true),
    unshareLayer([...sameUser, '--net'], true),
  ]);
  // Else processes of transfers could look into the service.
  if (!hasLayer(same)) forbidTracing();
  const placing = hasLayer(foreign) ? foreign : many;
  const wallOf = (worker: WorkerName, owners: TreeOwners | undefined): readonly string[] => {
    const { network, rights, inPlacement = false } = processes[worker];
    if (inPlacement) return noNewRights();
    if (rights) return (owners === 'subordinate' ? many : placing).command;
    const { command } = network ? same : offline;
    return command.length > 0 ? command : noNewRights();
  };
  return {
    missing: missingLayers(foreign, many, same, offline),
    owners: ownersLine(foreign, many),
    trees: hasLayer(foreign) ? 'foreign' : 'subordinate',
    command: (worker, owners) => {
      refuseIfUpdated();
      return commandBehind(wallOf(worker, owners), worker);
    },
  };
}

/** Whom what is in trees belongs to, and why not to the range that systemd's own tools use. */
function ownersLine(foreign: SandboxLayer, many: SandboxLayer): string | undefined {
  if (hasLayer(foreign)) return 'Trees belong to the foreign UID range (systemd-nsresourced)';
  if (hasLayer(many)) return `Trees belong to your subordinate IDs (/etc/subuid): ${foreign.reason}`;
  return undefined;
}

function missingLayers(foreign: SandboxLayer, many: SandboxLayer, same: SandboxLayer, offline: SandboxLayer): string[] {
  const lines: [reason: string | undefined, what: string][] = [
    ['only root can give them another user', 'The fetch and decode processes run as yourself'],
    [
      hasLayer(foreign) || hasLayer(many)
        ? ''
        : `no subordinate identifiers (newuidmap, /etc/subuid) for you; ${foreign.reason}`,
      'Owners of files cannot be kept',
    ],
    [hasLayer(foreign) ? '' : many.reason, 'The placement process keeps the network'],
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
