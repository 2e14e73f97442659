import { formatBytes } from '../../common/sizes.js';
import { escapeText } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { Leftover } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { writeListing } from '../terminal/listing.js';
import type { Cell, Column } from '../terminal/table.js';
import { formatSeconds } from '../terminal/units.js';
import { present } from '../transfer/parameters.js';

const columns: readonly Column[] = [
  { heading: 'PATH', shorten: 'ends' },
  { heading: 'REASON' },
  { heading: 'AGE', align: 'right' },
  { heading: 'SIZE', align: 'right' },
];

const reasons: readonly Leftover['reason'][] = ['original', 'layer', 'partial', 'temporary'];

export default class Clean extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    const { settings } = session;
    const { class: imageClass, imageRoot, olderThan, keep, unused } = settings;
    const connection = await session.connectForChange();
    const { leftovers } = await attempt('clean up', () =>
      connection.image.clean({
        ...present({ class: imageClass, imageRoot, olderThan, keep }),
        ...present({ unused: unused || undefined, dryRun: settings.dryRun || undefined }),
        allowInteractiveAuthentication: session.allowInteractiveAuthentication,
      }),
    );
    const now = Date.now();
    await writeListing(session, {
      columns,
      rows: leftovers.map((leftover) => leftoverRow(leftover, now)),
      json: leftovers,
      noun: { one: 'leftover', many: 'leftovers' },
      verb: `${settings.dryRun ? 'would be removed' : 'removed'}, ${sumsOf(leftovers)}`,
    });
    return 0;
  }
}

function bytesOf(leftovers: readonly Leftover[]): string {
  return formatBytes(leftovers.reduce((sum, leftover) => sum + BigInt(leftover.bytes), 0n));
}

/** What all of it takes, and what each kind does if there are several. */
function sumsOf(leftovers: readonly Leftover[]): string {
  const kinds = reasons
    .map((reason) => ({ reason, some: leftovers.filter((leftover) => leftover.reason === reason) }))
    .filter(({ some }) => some.length > 0)
    .map(({ reason, some }) => `${some.length} ${reason} ${bytesOf(some)}`);
  return `${bytesOf(leftovers)}${kinds.length > 1 ? ` (${kinds.join(', ')})` : ''}`;
}

function leftoverRow(leftover: Leftover, nowMs: number): Cell[] {
  const { path, reason, time, bytes } = leftover;
  const age = time == null ? undefined : formatSeconds(nowMs / 1000 - Number(time) / 1e6);
  return [{ text: escapeText(path) }, { text: reason }, { text: age }, { text: formatBytes(bytes) }];
}
