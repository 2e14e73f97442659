import { umask } from '../../../../linux/files.js';

/**
 * Runs something with the process's umask at 0, so that files are created with their final mode; the action is given the mask that is otherwise there. For all threads: umask
 * belongs to the process (umask(2)), which is why node keeps it from workers.
 */
export function withoutUmask<Result>(action: (before: number) => Result): Result {
  const before = umask(0);
  try {
    return action(before);
  } finally {
    umask(before);
  }
}
