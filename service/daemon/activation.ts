import { isListening } from '../system/process.js';

/** Sockets that were passed to the service (sd_listen_fds(3)): listening ones, and connections made for it alone. */
export interface PassedSockets {
  listening: number[];
  connected: number[];
}

const firstPassed = 3;

/**
 * Finds the passed sockets and takes the variables out of `environment`, so that children do not take them for theirs.
 * Throws when a passed descriptor is no socket.
 */
export function passedSockets(environment: NodeJS.ProcessEnv): PassedSockets {
  const count = environment['LISTEN_PID'] === String(process.pid) ? Number(environment['LISTEN_FDS'] ?? 0) : 0;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete environment[name];
  const sockets: PassedSockets = { listening: [], connected: [] };
  for (let descriptor = firstPassed; descriptor < firstPassed + count; descriptor += 1) {
    (isListening(descriptor) ? sockets.listening : sockets.connected).push(descriptor);
  }
  return sockets;
}
