import { closeSync } from 'node:fs';

/** Closes descriptors that a process was given copies of. */
export function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}
