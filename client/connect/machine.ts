import { closeSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Scope } from '../../common/image-classes.js';
import { findProgram, systemPath } from '../../common/programs.js';
import { type ProcessEnd, ProcessStream } from '../../varlink/transport/process-stream.js';
import { reasonOf, UserError } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';
import { socketName } from './address.js';
import { Container, type ContainerUser } from './container.js';
import { errorOfBridge, unreachable } from './faults.js';
import type { MachineName } from './places.js';
import { openAddress, type Route } from './route.js';

/** The first descriptors that a process gets beside its standard streams. */
const socketPlace = '/proc/self/fd/3';
const namespacePlace = '/proc/self/fd/4';

/** The way into a container of this host, or to the service of a user here. */
export class MachineRoute implements Route {
  readonly options: readonly string[];
  readonly isLocal = false;
  readonly mayAskUser = false;
  readonly elsewhere: string;
  readonly #context: ProcessContext;
  readonly #container: Container;
  readonly #path: string;
  /** Who the service is to see; undefined for us as we are. */
  readonly #identity: ContainerUser | undefined;

  private constructor(name: MachineName, scope: Scope | undefined, context: ProcessContext, container: Container) {
    this.options = [`--machine=${name.text}`, ...(scope === undefined ? [] : [`--${scope}`])];
    this.elsewhere = `'${name.text}'`;
    this.#context = context;
    this.#container = container;
    const user = name.user === undefined || name.user === 'root' ? undefined : container.findUser(name.user);
    this.#path = scope === 'user' ? `/run/user/${user?.uid ?? 0}/ferry/${socketName}` : `/run/ferry/${socketName}`;
    this.#identity = user ?? (container.userNamespace === undefined ? undefined : { uid: 0, gid: 0 });
  }

  /** @throws UserError if there is no such container, or the caller may not enter it */
  static async find(name: MachineName, scope: Scope | undefined, context: ProcessContext): Promise<MachineRoute> {
    const isHost = name.machine === '.host';
    const container = isHost ? Container.openHost() : await Container.open(name.machine, context.runtimeDirectory);
    try {
      return new MachineRoute(name, scope, context, container);
    } catch (error) {
      container[Symbol.dispose]();
      throw error;
    }
  }

  get logPlace(): string {
    return `the journal there ('journalctl --unit=ferry.service')`;
  }

  async open(): Promise<Duplex> {
    const socket = this.#container.openSocket(this.#path);
    try {
      if (this.#identity !== undefined) return this.#openAs(this.#identity, socket);
      return await openAddress(`unix:/proc/self/fd/${socket}`, this.#context.variables);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw unreachable(`Cannot connect to the service in ${this.elsewhere}: ${reasonOf(error)}.`);
    } finally {
      closeSync(socket);
    }
  }

  close(): void {
    this.#container[Symbol.dispose]();
  }

  /** The service sees the user that connects: with private users, root of this host would be nobody to it. */
  #openAs({ uid, gid }: ContainerUser, socket: number): ProcessStream {
    const { environment, stderr, clientProgram } = this.#context;
    const { userNamespace } = this.#container;
    // nsenter(1) alone changes no user: it insists on a namespace.
    const name = userNamespace === undefined ? 'setpriv' : 'nsenter';
    const program = findProgram(name, `${environment.searchPath ?? ''}:${systemPath}`);
    if (program === undefined) {
      throw unreachable(`Cannot enter ${this.elsewhere}: the program ${name} (of util-linux) is missing.`);
    }
    const becoming =
      userNamespace === undefined
        ? [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
        : [`--user=${namespacePlace}`, '--setuid', String(uid), '--setgid', String(gid)];
    const pump = [process.execPath, clientProgram, `--address=unix:${socketPlace}`, 'bridge'];
    return new ProcessStream([program, ...becoming, '--', ...pump], {
      // What the pump is told by nobody it cannot be misled by: the rest of the environment is ours.
      environment: { PATH: environment.searchPath },
      standardError: stderr.descriptor,
      descriptors: userNamespace === undefined ? [socket] : [socket, userNamespace],
      detached: true,
      describeEnd: (end) => this.#describeEnd(end),
    });
  }

  #describeEnd({ status, signal, failure, hasAnswered }: ProcessEnd): Error | undefined {
    if (status === 0) return undefined;
    const how = failure === undefined ? (signal ?? `status ${status}`) : reasonOf(failure);
    const what = hasAnswered ? `The connection to ${this.elsewhere} broke` : `Cannot reach Ferry in ${this.elsewhere}`;
    const error = hasAnswered ? 'ConnectionClosed' : errorOfBridge(status);
    return new UserError(`${what}: its pump ended with ${how}.`, { error });
  }
}

/** `USER@.host` of oneself means no more than one's own service. */
export function isOneself({ machine, user }: MachineName): boolean {
  return machine === '.host' && (user === undefined || user === userInfo().username);
}
