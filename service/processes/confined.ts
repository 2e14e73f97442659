import type { Environment } from '../../common/environment.js';
import { canFilterCalls, filterCalls, forbidTracing } from '../../linux/isolation.js';
import { useForeignOwners } from '../../linux/owners/foreign-owners.js';
import { systemCallFilter } from '../sandbox/filter.js';
import { processes, type WorkerName } from '../sandbox/needs.js';
import { runWorker } from './ipc/channel.js';

/**
 * Puts up the sandbox that a process can only put up itself, for all of its threads.
 *
 * @throws SystemError when the kernel refuses
 */
function confine(name: WorkerName): void {
  forbidTracing();
  const filter = systemCallFilter(processes[name], process.pid, process.arch);
  // Where there are no filters, the service has said so.
  if (filter !== undefined && canFilterCalls()) filterCalls(filter);
}

/** As runWorker(), in the sandbox for processes of that name. Nothing that a stranger wrote has been read by then. */
export function runConfined(
  name: WorkerName,
  environment: Environment,
  work: () => void | Promise<void>,
): Promise<void> {
  return runWorker(environment, () => {
    confine(name);
    if (processes[name].rights) useForeignOwners();
    return work();
  });
}
