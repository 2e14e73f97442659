import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A free port of the loopback: one that the kernel has just given out is not given out again soon. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given out');
  return address.port;
}

/**
 * Starts something on a free port. Where somebody else takes that meanwhile, it is started again on another one.
 *
 * @throws Error as `start` does, when it is for another reason, or at the fifth time
 */
export async function onFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempts === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

/** Whether something listens on a port of the loopback. */
export async function acceptsConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Ends a process that was started here, and waits until it has. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
