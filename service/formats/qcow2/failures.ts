import { Failure } from '../../../common/failure.js';

/** The image contradicts its own format. `offset`: where in the file, in bytes. */
export function corruptDisk(subject: string, what: string, offset: number): Failure {
  const message = `${subject} is not a sound qcow2 image: ${what} (at byte ${offset} of the file)`;
  return new Failure('Corrupt', message, { what, offset });
}

export function unsupported(subject: string, needed: string, allowed: string): Failure {
  const message = `${subject} cannot be converted to a raw image: it needs ${needed}, but Ferry takes ${allowed}`;
  return new Failure('UnsupportedFormat', message, { needed, allowed });
}
