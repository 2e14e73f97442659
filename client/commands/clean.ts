import { formatBytes } from '../../common/sizes.js';
import { escapeText } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { Leftover } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { writeListing } from '../terminal/listing.js';
import type { Cell, Column } from '../terminal/table.js';
import { present } from '../transfer/parameters.js';

const columns: readonly Column[] = [
  { heading: 'PATH', shorten: 'ends' },
  { heading: 'REASON' },
  { heading: 'SIZE', align: 'right' },
];

export default class Clean extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    const { settings } = session;
    const connection = await session.connectForChange();
    const { leftovers } = await attempt('clean up', () =>
      connection.image.clean({
        ...present({ class: settings.class, imageRoot: settings.imageRoot, dryRun: settings.dryRun || undefined }),
        allowInteractiveAuthentication: session.allowInteractiveAuthentication,
      }),
    );
    const total = leftovers.reduce((sum, leftover) => sum + BigInt(leftover.bytes), 0n);
    await writeListing(session, {
      columns,
      rows: leftovers.map(leftoverRow),
      json: leftovers,
      noun: { one: 'leftover', many: 'leftovers' },
      verb: `${settings.dryRun ? 'would be removed' : 'removed'}, ${formatBytes(total)}`,
    });
    return 0;
  }
}

function leftoverRow(leftover: Leftover): Cell[] {
  return [{ text: escapeText(leftover.path) }, { text: leftover.reason }, { text: formatBytes(leftover.bytes) }];
}
