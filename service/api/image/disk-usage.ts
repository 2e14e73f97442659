import { type ImageClass, searchPaths } from '../../../common/image-classes.js';
import type {
  DiskUsageParameters,
  DiskUsageReply,
  UsageEntry,
} from '../../../interfaces/generated/io.ferry.Image.generated.js';
import type { KindUsage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import type { Host } from '../../transfers/host.js';
import type { Count } from '../../transfers/kinds/show-images.js';
import { runOne } from '../../transfers/supervisor/run-one.js';
import { tellProgress } from './tell-progress.js';

/** A count that may be hung up on, and whose progress is told. */
interface Caller {
  readonly signal: AbortSignal;
  readonly onCount: (count: Count) => void;
}

async function count(
  host: Host,
  directories: readonly string[],
  { signal, onCount }: Caller,
): Promise<readonly KindUsage[]> {
  let counted: readonly KindUsage[] = [];
  await runOne(host, {
    name: 'manage',
    order: { type: 'usage', directories: [...directories], scope: host.scope },
    result: 'counted',
    advice: 'try again',
    context: 'manage',
    signal,
    takesSpare: true,
    onMessage(message) {
      if (message.type === 'log') host.log.write(message.priority, message.message);
      else if (message.type === 'counting') onCount(message);
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
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why, as when the signal is raised
 * @throws Failure ServiceStopping when the program was updated
 * @throws SystemError when there can be no more processes; the reason of the signal
 */
async function diskUsage(
  host: Host,
  classes: readonly ImageClass[],
  root: string | undefined,
  caller: Caller,
): Promise<UsageEntry[]> {
  const entries: UsageEntry[] = [];
  let before: Count = { files: 0, bytesOnDisk: 0 };
  for (const imageClass of classes) {
    let last = before;
    const onCount = ({ files, bytesOnDisk }: Count): void => {
      last = { files: before.files + files, bytesOnDisk: before.bytesOnDisk + bytesOnDisk };
      caller.onCount(last);
    };
    const found = root === undefined ? searchPaths(imageClass, host.scope, host.environment) : [root];
    for (const { kind, count: number, bytes, reclaimable } of await count(host, found, { ...caller, onCount }))
      entries.push({ class: imageClass, kind, count: number, bytes, reclaimable });
    before = last;
  }
  return entries;
}

/**
 * Answers DiskUsage().
 *
 * @throws as diskUsage()
 */
export async function answerDiskUsage(
  host: Host,
  call: ServerCall<DiskUsageParameters, DiskUsageReply>,
  classes: readonly ImageClass[],
): Promise<void> {
  const onCount = (progress: Count) =>
    tellProgress(call, { entries: null, progress: { files: progress.files, bytesOnDisk: progress.bytesOnDisk } });
  const caller = { signal: call.closed, onCount };
  const entries = await diskUsage(host, classes, call.parameters.imageRoot ?? undefined, caller);
  call.reply({ entries, progress: null });
}
