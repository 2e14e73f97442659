import type { DescribedKey, Download, UnusableKeyring } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { runOne } from '../supervisor/run-one.js';

export type { DescribedKey } from '../../processes/ipc/messages.js';

/** What is in some keyrings. */
export interface DescribedKeyrings {
  readonly keys: readonly DescribedKey[];
  /** Those without a key that can be read. */
  readonly unusable: readonly UnusableKeyring[];
}

/**
 * Has a process without rights find out which keys are in some keyrings.
 *
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why, as when `signal` is raised
 * @throws Failure InsufficientSpace, FileSystemError when no user can be noted for it
 * @throws Failure ServiceStopping when the program was updated
 * @throws the reason of `signal` when that is raised before the process starts
 */
export async function describeKeys(
  host: Host,
  keyrings: Download['keyrings'],
  signal: AbortSignal,
): Promise<DescribedKeyrings> {
  if (keyrings.length === 0) return { keys: [], unusable: [] };
  const keys: DescribedKey[] = [];
  const { unusable } = await runOne(host, {
    name: 'fetch',
    order: { type: 'describeKeys', keyrings },
    result: 'described',
    advice: 'it can be asked again',
    context: 'keys',
    signal,
    onMessage(message) {
      if (message.type === 'keys') keys.push(...message.keys);
    },
  });
  return { keys, unusable };
}
