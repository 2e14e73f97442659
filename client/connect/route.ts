import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Environment } from '../../common/environment.js';
import { parseAddress } from '../../varlink/transport/address.js';
import { connect } from '../../varlink/transport/connect.js';
import { socketName } from './address.js';

/** A way to a service, which can be taken more than once. */
export interface Route {
  /** The options that lead another run of the client to the same service. */
  readonly options: readonly string[];
  /** Whether the service shares our files, so that descriptors may be pushed to it. */
  readonly isLocal: boolean;
  /** Whether polkit may have to ask the user of this terminal. */
  readonly mayAskUser: boolean;
  /** The host or container that it is on, in quotes; undefined if it is here. */
  readonly elsewhere: string | undefined;
  /** Where the service says more about itself. */
  readonly logPlace: string;
  /**
   * Connects.
   *
   * @throws UserError, AddressError, ConnectionClosed, or an Error with the errno's name in `code`, if that cannot be done
   */
  open(): Promise<Duplex>;
  /** Gives up what was kept to make further connections. */
  close?(): void;
}

interface AddressContext {
  readonly variables: Environment;
  readonly mayAskUser: boolean;
}

/** A first connection, and the way that it took. */
export interface Reached {
  readonly route: Route;
  readonly stream: Duplex;
}

/** Connects to a Varlink address. What is started for it ends with the stream. */
export async function openAddress(address: string, environment: Environment): Promise<Duplex> {
  const { socket, child } = await connect(parseAddress(address), { environment });
  if (child !== undefined) socket.once('close', () => child.kill());
  return socket;
}

/**
 * The way to a Varlink address.
 *
 * @param options those that lead another run of the client there
 */
export function addressRoute(address: string, options: readonly string[], context: AddressContext): Route {
  const isRemote = address.startsWith('ssh');
  const path = address.replace(/^unix:/, '');
  // A client starts services on this socket only: beside another one the log is not of its service.
  const log = basename(path) === socketName ? join(dirname(path), 'service.log') : undefined;
  return {
    options,
    isLocal: !isRemote,
    mayAskUser: context.mayAskUser && !isRemote,
    elsewhere: isRemote ? `'${address}'` : undefined,
    get logPlace() {
      return log !== undefined && existsSync(log) ? `'${log}'` : "the journal ('journalctl --unit=ferry.service')";
    },
    open: () => openAddress(address, context.variables),
  };
}
