import { isListening } from '../../linux/sockets.js';

/** Sockets that were passed to the service (sd_listen_fds(3)): listening ones, and connections made for it alone. */
export interface PassedSockets {
  listening: number[];
  connected: number[];
}

const firstPassed = 3;

function passedCount(environment: NodeJS.ProcessEnv): number {
  if (environment['LISTEN_PID'] !== String(process.pid)) return 0;
  const text = environment['LISTEN_FDS'] ?? '0';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`LISTEN_FDS is '${text}', which is not a number of descriptors`);
}

function kindOf(descriptor: number): keyof PassedSockets {
  try {
    return isListening(descriptor) ? 'listening' : 'connected';
  } catch (error) {
    throw new Error(`LISTEN_FDS passes descriptor ${descriptor}, which is not a socket`, { cause: error });
  }
}

/**
 * Finds the passed sockets and takes the variables out of `environment`, so that children do not take them for theirs.
 *
 * @throws Error when LISTEN_FDS is not a number, or a passed descriptor is not a socket
 */
export function passedSockets(environment: NodeJS.ProcessEnv): PassedSockets {
  const count = passedCount(environment);
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete environment[name];
  const sockets: PassedSockets = { listening: [], connected: [] };
  for (let descriptor = firstPassed; descriptor < firstPassed + count; descriptor += 1) {
    sockets[kindOf(descriptor)].push(descriptor);
  }
  return sockets;
}
