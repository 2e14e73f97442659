import { poll } from './calls.js';
import { hasCode } from './errno.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from './headers/constants.js';
import { pollfd } from './headers/structs.js';
import { checked } from './native.js';

/** A descriptor and what is waited for on it. */
export interface Waiting {
  descriptor: number;
  for: 'reading' | 'writing';
}

/**
 * poll(2): blocks until a descriptor is ready, and tells for each whether it is. An ended or broken peer counts as ready:
 * the read or write tells which. A pipe that is ready for writing takes at least 4096 bytes. `timeout` is in ms;
 * without it the call waits for ever.
 *
 * @throws SystemError
 */
export function waitUntilReady(entries: Waiting[], timeout = -1): boolean[] {
  const memory = Buffer.alloc(entries.length * pollfd.sizeof);
  entries.forEach((entry, index) => {
    const at = index * pollfd.sizeof;
    memory.writeInt32LE(entry.descriptor, at + pollfd.fd);
    memory.writeInt16LE(entry.for === 'reading' ? POLLIN : POLLOUT, at + pollfd.events);
  });
  for (;;) {
    try {
      checked('poll', poll(memory, entries.length, timeout));
      break;
    } catch (error) {
      if (!hasCode(error, 'EINTR')) throw error;
    }
  }
  const results = (index: number) => memory.readInt16LE(index * pollfd.sizeof + pollfd.revents);
  return entries.map((_, index) => (results(index) & (POLLIN | POLLOUT | POLLERR | POLLHUP)) !== 0);
}
