import { formatBytes } from '../../common/sizes.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { UsageEntry } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { showCount } from '../show/count-display.js';
import { writeListing } from '../terminal/listing.js';
import type { Cell, Column } from '../terminal/table.js';
import { present } from '../transfer/parameters.js';

const columns: readonly Column[] = [
  { heading: 'CLASS' },
  { heading: 'KIND' },
  { heading: 'COUNT', align: 'right' },
  { heading: 'SIZE', align: 'right' },
  { heading: 'RECLAIMABLE', align: 'right' },
];

export default class DiskUsage extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    const { class: imageClass, imageRoot } = session.settings;
    const connection = await session.connect();
    const entries = await attempt('count disk space', async () => {
      using display = showCount(session);
      let counted: readonly UsageEntry[] = [];
      for await (const reply of connection.image.diskUsageMore(present({ class: imageClass, imageRoot }))) {
        if (reply.progress) display.update(reply.progress);
        counted = reply.entries ?? counted;
      }
      return counted;
    });
    const [bytes, reclaimable] = (['bytes', 'reclaimable'] as const).map((name) =>
      formatBytes(entries.reduce((sum, entry) => sum + BigInt(entry[name]), 0n)),
    );
    await writeListing(session, {
      columns,
      rows: entries.map(usageRow),
      json: entries,
      noun: { one: 'kind', many: 'kinds' },
      verb: `listed, ${bytes}, reclaimable with clean: ${reclaimable}`,
    });
    return 0;
  }
}

function usageRow(entry: UsageEntry): Cell[] {
  return [
    { text: entry.class },
    { text: entry.kind },
    { text: String(entry.count) },
    { text: formatBytes(entry.bytes) },
    { text: formatBytes(entry.reclaimable) },
  ];
}
