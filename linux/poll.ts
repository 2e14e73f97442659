import { poll } from './calls.js';
import { hasCode } from './errno.js';
import { checked } from './native.js';

const POLLIN = 0x001;
const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;

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
  // struct pollfd: int descriptor, short events, short results.
  const memory = Buffer.alloc(entries.length * 8);
  entries.forEach((entry, index) => {
    memory.writeInt32LE(entry.descriptor, index * 8);
    memory.writeInt16LE(entry.for === 'reading' ? POLLIN : POLLOUT, index * 8 + 4);
  });
  for (;;) {
    try {
      checked('poll', poll(memory, entries.length, timeout));
      break;
    } catch (error) {
      if (!hasCode(error, 'EINTR')) throw error;
    }
  }
  return entries.map((_, index) => (memory.readInt16LE(index * 8 + 6) & (POLLIN | POLLOUT | POLLERR | POLLHUP)) !== 0);
}
