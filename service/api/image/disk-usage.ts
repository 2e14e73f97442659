import { type ImageClass, searchPaths } from '../../../common/image-classes.js';
import type { UsageEntry } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import type { KindUsage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { Host } from '../../transfers/host.js';
import { runOne } from '../../transfers/supervisor/run-one.js';

async function count(host: Host, directories: readonly string[]): Promise<readonly KindUsage[]> {
  let counted: readonly KindUsage[] = [];
  await runOne(host, {
    name: 'manage',
    order: { type: 'usage', directories: [...directories], scope: host.scope },
    result: 'counted',
    advice: 'try again',
    context: 'manage',
    onMessage(message) {
      if (message.type === 'log') host.log.write(message.priority, message.message);
      else if (message.type === 'counted') counted = message.kinds;
    },
  });
  return counted;
}

/**
 * Has a process of its own add up what images and downloads of classes take. Trees are walked, which can take long.
 *
 * @param root the directory to look in instead of those of the class
 * @throws Failure FileSystemError when something cannot be read
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why
 * @throws Failure ServiceStopping when the program was updated
 * @throws SystemError when there can be no more processes
 */
export async function diskUsage(
  host: Host,
  classes: readonly ImageClass[],
  root: string | undefined,
): Promise<UsageEntry[]> {
  const entries: UsageEntry[] = [];
  for (const imageClass of classes) {
    const found = root === undefined ? searchPaths(imageClass, host.scope, host.environment) : [root];
    for (const { kind, count: number, bytes, reclaimable } of await count(host, found))
      entries.push({ class: imageClass, kind, count: number, bytes, reclaimable });
  }
  return entries;
}
