import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { connect as connectSocket, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasCode } from '../../linux/errno.js';
import { socketPathMax } from '../../linux/headers/constants.js';
import { ConnectionClosed } from '../error.js';
import type { Address } from './address.js';

/** A connection whose end ends what was started for it. */
export interface Connected {
  readonly socket: Duplex;
  readonly child: ChildProcess | undefined;
}

export interface ConnectSettings {
  readonly signal?: AbortSignal | undefined;
  /** Of what is started for a connection; $PATH, and $SYSTEMD_SSH, which names another program than ssh. */
  readonly environment: Environment;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error with the errno's name in `code`, such as ENOENT or ECONNREFUSED, of a program with a message; the signal's reason */
export async function connect(address: Address, { signal, environment }: ConnectSettings): Promise<Connected> {
  signal?.throwIfAborted();
  if (address.kind === 'exec') return await startService(address.path, environment);
  if (address.kind !== 'unix') return { socket: await connectThroughSsh(address, environment), child: undefined };
  if (address.path.startsWith('\0')) return { socket: await connectAbstract(address.path), child: undefined };
  return { socket: await connectPath(address.path, signal), child: undefined };
}

/** A longer path would be cut by libuv. */
async function connectPath(path: string, signal: AbortSignal | undefined): Promise<Socket> {
  if (Buffer.byteLength(path) > socketPathMax)
    throw Object.assign(new Error(`connect ENAMETOOLONG ${path}`), { code: 'ENAMETOOLONG' });
  const socket = connectSocket({ path, allowHalfOpen: true });
  try {
    await once(socket, 'connect', signal && { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal?.aborted ? signal.reason : error;
  }
}

type RemoteAddress = Exclude<Address, { kind: 'unix' | 'exec' }>;

/** As sd-varlink does it. */
async function connectThroughSsh({ kind, host, what }: RemoteAddress, environment: Environment): Promise<Duplex> {
  const { ProcessStream } = await import('./process-stream.js');
  const program = environment['SYSTEMD_SSH'] || 'ssh';
  const parameters =
    kind === 'ssh-unix'
      ? ['-W', what, '--', host]
      : ['-e', 'none', '-x', '-T', '--', host, `env SYSTEMD_VARLINK_LISTEN=- ${what}`];
  return new ProcessStream([program, ...parameters], {
    environment,
    describeEnd: ({ status, signal, failure }) => {
      if (status === 0) return undefined;
      return new ConnectionClosed(
        `the connection through ssh broke: ${failure?.message ?? signal ?? `status ${status}`}`,
      );
    },
  });
}

/** Node 20 cannot: its libuv fills abstract names with NULs, so that no other program's match. */
async function connectAbstract(path: string): Promise<Socket> {
  const { openConnection } = await import('../../linux/sockets.js');
  return new Socket({ fd: openConnection(path), readable: true, writable: true, allowHalfOpen: true });
}

/**
 * Starts a service on one end of a socket pair, as sd_listen_fds(3) expects it: descriptor 3, and LISTEN_PID set to its
 * own process identifier, which only a process can know that already runs.
 */
async function startService(path: string, environment: Environment): Promise<Connected> {
  checkProgram(path);
  const script = 'export LISTEN_PID=$$; exec "$0"';
  const offered = { ...environment, LISTEN_FDS: '1', LISTEN_FDNAMES: 'varlink' };
  // What it prints belongs to people, not to our standard output.
  const child = spawn('/bin/sh', ['-c', script, path], { env: offered, stdio: ['ignore', 2, 2, 'pipe'] });
  await once(child, 'spawn');
  const socket = child.stdio[3];
  if (!(socket instanceof Socket)) throw new ConnectionClosed('the service could not be started');
  socket.allowHalfOpen = true;
  child.unref();
  return { socket, child };
}

/** The shell would only say it on standard error. */
function checkProgram(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw programError(path, 'does not exist', 'ENOENT');
    throw programError(path, 'is not executable', 'EACCES');
  }
  if (!statSync(path).isFile()) throw programError(path, 'is not a file', 'EACCES');
}

function programError(path: string, fault: string, code: string): Error {
  return Object.assign(new Error(`program '${path}' ${fault}`), { code });
}
