import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import { canFilterCalls, userHasProcesses } from '../../linux/isolation.js';
import { codeDirectory, refuseIfUpdated } from '../installation.js';
import { type OwnIdentity, ownIdentity, type ProcessIdentity, sharedIdentity } from './identities.js';
import { inOwnPidNamespace, makeNamespaces, type Namespaces } from './namespaces.js';
import type { Sandbox } from './needs.js';
import { type Begun, type Command, processes, type WorkerName } from './needs.js';
import { complaintOf, findSystemProgram, hasLayer, noLayer, notInstalled, type SandboxLayer } from './programs.js';
import { copiedProgram, isOpenToAll, type Program, type Reaches } from './reach.js';
import { endStrays, lookAgainMs } from './strays.js';

/** What processes without rights become: another user, for good. */
function dropEverything(setpriv: string, { user, group }: ProcessIdentity): string[] {
  const identity = [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
  const capabilities = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];
  return [setpriv, ...identity, ...capabilities, '--no-new-privs', '--'];
}

function namespaceLayer(option: '--net' | '--mount', descriptor: number | string): SandboxLayer {
  if (typeof descriptor === 'string') return noLayer(descriptor);
  if (findSystemProgram('nsenter') === undefined) return noLayer(notInstalled('nsenter'));
  return { command: [`${option}=/proc/${process.pid}/fd/${descriptor}`], reason: '' };
}

/** Enters namespaces, all at once. */
function enter(...sandbox: readonly SandboxLayer[]): string[] {
  const options = sandbox.flatMap(({ command }) => command);
  return options.length === 0 ? [] : [findSystemProgram('nsenter') ?? '', ...options, '--'];
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether PID namespaces can be made: why not, if they cannot. */
function pidNamespaceLayer(): string | undefined {
  try {
    inOwnPidNamespace(() => undefined);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Who processes without rights can be, and the program as they reach it. */
interface Rights {
  /** Undefined: whoever the service is. */
  readonly kind: 'own' | 'shared' | undefined;
  readonly program: Program;
  /** Why there is no better kind; empty if there is none. */
  readonly reasons: { own: string; any: string };
}

/** Builds the sandbox that root can have. Each layer is tried before a transfer relies on it. */
class RootSandbox {
  readonly #setpriv = findSystemProgram('setpriv');
  readonly #namespaces: Namespaces;
  readonly #network: SandboxLayer;
  readonly #mounts: SandboxLayer;
  readonly #noPidNamespace = pidNamespaceLayer();
  #rights: Rights;

  private constructor() {
    this.#namespaces = makeNamespaces({ codeDirectory, nodePath: process.execPath });
    this.#network = namespaceLayer('--net', this.#namespaces.network);
    this.#mounts = namespaceLayer('--mount', this.#namespaces.mount);
    this.#rights = { kind: undefined, program: this.#installed, reasons: { own: '', any: '' } };
  }

  static async build(): Promise<RootSandbox> {
    const sandbox = new RootSandbox();
    sandbox.#rights = await sandbox.#tryRights();
    return sandbox;
  }

  /** The program where it is for those who see the read-only mounts, or all. */
  get #installed(): Program {
    return hasLayer(this.#mounts) ? this.#namespaces : { codeDirectory, nodePath: process.execPath };
  }

  get missing(): string[] {
    const { own, any } = this.#rights.reasons;
    const lines: [reason: string | undefined, what: string][] = [
      [this.#network.reason, 'The placement and decode processes keep the network'],
      [this.#mounts.reason, 'The fetch and decode processes see writable mounts'],
      [any, 'The fetch and decode processes keep all rights'],
      [any === '' ? own : '', 'The fetch and decode processes of all transfers are one user'],
      [this.#noPidNamespace, 'The processes of a transfer see all others'],
      [
        canFilterCalls() ? '' : 'the kernel has none, or does not allow it',
        'No filter of system calls holds processes',
      ],
    ];
    return lines.flatMap(([reason, what]) => (reason ? [`${what}: ${reason}`] : []));
  }

  command(worker: WorkerName): Command {
    refuseIfUpdated();
    return { begin: () => this.#begin(worker) };
  }

  #begin(worker: WorkerName): Begun {
    const { network, rights, inPlacement = false } = processes[worker];
    const { kind, program } = this.#rights;
    const own = !rights && kind === 'own' ? ownIdentity() : undefined;
    const identity = own ?? (kind === 'shared' ? sharedIdentity() : undefined);
    const sandbox = [...(network || inPlacement ? [] : [this.#network]), ...(rights ? [] : [this.#mounts])];
    const { nodePath, codeDirectory: code } = rights ? { nodePath: process.execPath, codeDirectory } : program;
    const drop = rights || identity === undefined ? [] : this.#drop(identity);
    return {
      words: [...enter(...sandbox), ...drop, nodePath, `${code}/worker/${worker}.js`],
      parent: this.#noPidNamespace === undefined && !inPlacement ? 0 : process.pid,
      start: (spawn) => this.#start(spawn),
      end: () => this.#end(own),
    };
  }

  #start<Result>(action: () => Result): Result {
    return this.#noPidNamespace === undefined ? inOwnPidNamespace(action) : action();
  }

  #drop(identity: ProcessIdentity): string[] {
    return this.#setpriv === undefined ? [] : dropEverything(this.#setpriv, identity);
  }

  /**
   * Gives a user back that no process of the transfer is any more. A PID namespace has taken all of them with it: whoever has that
   * user then belongs to another service that cannot see this one, such as one in a container. Without one, kill(2) with -1 misses
   * nobody, however often they fork.
   */
  async #end(own: OwnIdentity | undefined): Promise<void> {
    if (own === undefined) return;
    while (this.#noPidNamespace !== undefined && userHasProcesses(own.user)) {
      await complaintOf([...this.#drop(own), '/bin/sh', '-c', 'kill -KILL -1']);
      await endStrays();
      await pause(lookAgainMs);
    }
    own[Symbol.dispose]();
  }

  #try(identity: ProcessIdentity, ...words: string[]): Promise<string | undefined> {
    return this.#start(() => complaintOf([...enter(this.#mounts), ...this.#drop(identity), ...words]));
  }

  /** Finds the best user for processes without rights that can read the program. */
  async #tryRights(): Promise<Rights> {
    const program = this.#installed;
    const none = { own: '', any: '' };
    if (this.#setpriv === undefined)
      return { kind: undefined, program, reasons: { ...none, any: notInstalled('setpriv') } };
    const own = await this.#tryOwn();
    if (typeof own !== 'string') return { kind: 'own', program: own, reasons: none };
    const shared = await this.#tryIdentity(sharedIdentity());
    if (typeof shared !== 'string') return { kind: 'shared', program: shared, reasons: { own, any: '' } };
    return { kind: undefined, program, reasons: { own, any: shared } };
  }

  async #tryOwn(): Promise<Program | string> {
    try {
      using own = ownIdentity();
      return await this.#tryIdentity(own);
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** The program as a user reaches it, or why nobody can be that user. */
  async #tryIdentity(identity: ProcessIdentity): Promise<Program | string> {
    const succeeds = async (...words: string[]) => (await this.#try(identity, ...words)) === undefined;
    const canReach: Reaches = ({ nodePath, codeDirectory: code }) =>
      succeeds('/bin/sh', '-c', '[ -x "$1" ] && [ -r "$2" ]', 'sh', nodePath, `${code}/worker/convert.js`);
    const isOpen = hasLayer(this.#mounts) || isOpenToAll(codeDirectory);
    if (isOpen && (await canReach(this.#installed))) return this.#installed;
    const complaint = await this.#try(identity, 'true');
    if (complaint !== undefined) return complaint;
    const copy = await copiedProgram({ nodePath: process.execPath, codeDirectory }, canReach);
    return copy ?? 'unreadable program';
  }
}

export async function rootSandbox(atOnce: boolean): Promise<Sandbox> {
  // Whoever waits for the service to listen need not wait for this, unless it is for a transfer.
  if (!atOnce) await setImmediate();
  return RootSandbox.build();
}
