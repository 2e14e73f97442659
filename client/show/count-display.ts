import { formatBytes } from '../../common/sizes.js';
import type { Session } from '../cli/session.js';
import type { CountProgress } from '../connect/contract.js';
import { LiveLines } from '../terminal/progress/live.js';

/** Shows how far a count has come until disposed. */
interface CountDisplay extends Disposable {
  update(progress: CountProgress): void;
}

/** A line that is redrawn in place on a terminal, nothing elsewhere. */
export function showCount({ context, settings, log }: Session): CountDisplay {
  const drawable = context.stderr.isTerminal && !context.environment.terminal.isDumb && !settings.quiet;
  if (!drawable) return { update() {}, [Symbol.dispose]() {} };
  const lines = new LiveLines(context.stderr, log);
  return {
    update({ files, bytesOnDisk }) {
      lines.show([`Counting: ${files} entries, ${formatBytes(bytesOnDisk)}`]);
    },
    [Symbol.dispose]() {
      lines.show([]);
      lines[Symbol.dispose]();
    },
  };
}
