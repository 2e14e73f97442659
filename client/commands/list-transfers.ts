import { escapeText } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { Transfer } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { writeListing } from '../terminal/listing.js';
import { figuresOf, percent } from '../terminal/progress/progress.js';
import type { Cell, Column } from '../terminal/table.js';
import { transferJson, typeName } from '../terminal/transfers.js';

export const transferColumns: readonly Column[] = [
  { heading: 'ID', align: 'right' },
  { heading: 'PROGRESS', align: 'right' },
  { heading: 'TYPE', rank: 3 },
  { heading: 'CLASS', rank: 2 },
  { heading: 'LOCAL', shorten: 'start' },
  { heading: 'REMOTE', rank: 1, shorten: 'ends', least: 24 },
  { heading: 'RATE', rank: 4, align: 'right', isOptional: true },
  { heading: 'LEFT', rank: 5, align: 'right', isOptional: true },
];

export default class ListTransfers extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    if (session.settings.watch) {
      const { watchTransfers } = await import('../transfer/watch-transfers.js');
      return await watchTransfers(session);
    }
    const connection = await session.connect();
    const wanted = session.settings.class;
    const { transfers } = await attempt('list transfers', () =>
      connection.transfer.list(wanted === undefined ? {} : { class: wanted }),
    );
    const sorted = transfers.toSorted(byNameThenId);
    await writeListing(session, {
      columns: transferColumns,
      rows: sorted.map(transferRow),
      json: sorted.map(transferJson),
      noun: { one: 'transfer', many: 'transfers' },
    });
    return 0;
  }
}

function byNameThenId(left: Transfer, right: Transfer): number {
  const [leftName, rightName] = [left.local ?? '', right.local ?? ''];
  if (leftName !== rightName) return leftName < rightName ? -1 : 1;
  return Number(left.id) - Number(right.id);
}

export function transferRow(transfer: Transfer): Cell[] {
  const done = percent(transfer.progress);
  const progress = transfer.progress.phase === 'queued' ? 'queued' : done === undefined ? undefined : `${done}%`;
  const { rate, left, stalled } = figuresOf(transfer.progress, '/');
  const remote = transfer.remote ? escapeText(transfer.remote) : undefined;
  return [
    { text: String(transfer.id) },
    { text: progress },
    { text: typeName(transfer) },
    { text: transfer.class },
    { text: transfer.local ? escapeText(transfer.local) : undefined },
    remote === undefined ? { text: undefined } : { text: remote, target: remote },
    { text: stalled === undefined ? rate : 'stalled' },
    { text: left },
  ];
}
