import { Option } from 'clipanion';
import { formatBytes } from '../../common/sizes.js';
import { formatTimestamp, type ZoneNamer, zoneNamer } from '../../common/timestamp.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { HistoryEvent } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { writeListing } from '../terminal/listing.js';
import { type Cell, type Column, renderTable } from '../terminal/table.js';
import { present } from '../transfer/parameters.js';

type Field = readonly [column: Column, cell: (event: HistoryEvent, zoneName: ZoneNamer) => Cell];

/** In the order that they are shown in. */
const fields = {
  time: [{ heading: 'TIME' }, ({ time }, zoneName) => ({ text: formatTimestamp(time, zoneName) })],
  operation: [{ heading: 'OPERATION' }, ({ operation }) => ({ text: operation.replaceAll('_', '-') })],
  class: [{ heading: 'CLASS' }, (event) => ({ text: event.class ?? undefined })],
  name: [{ heading: 'NAME', shorten: 'start' }, (event) => ({ text: nameOf(event) })],
  user: [{ heading: 'USER' }, ({ user, uid }) => ({ text: user ?? String(uid) })],
  result: [{ heading: 'RESULT' }, resultCell],
  verification: [{ heading: 'VERIFIED' }, ({ verification }) => ({ text: verification ?? undefined })],
  bytes: [
    { heading: 'SIZE', align: 'right' },
    ({ bytes }) => ({ text: bytes == null ? undefined : formatBytes(bytes) }),
  ],
  url: [{ heading: 'URL', shorten: 'ends' }, ({ url }) => ({ text: url ?? undefined })],
} satisfies Record<string, Field>;

/** What is left out where the terminal has no room for it, first things first. */
const dropped: readonly (keyof typeof fields)[] = ['url', 'bytes', 'class', 'verification', 'user'];

export default class History extends VerbCommand {
  readonly names = Option.Rest();

  override async perform(session: Session): Promise<number> {
    const connection = await session.connect();
    const { class: imageClass, since, until, lines: limit } = session.settings;
    const wanted = present({ class: imageClass, since, until, limit });
    const names = this.names.length === 0 ? [undefined] : [...new Set(this.names)];
    const events: HistoryEvent[] = [];
    let skipped = 0;
    for (const name of names) {
      const reply = await attempt('read the history', () =>
        connection.image.history({ ...wanted, ...present({ name }) }),
      );
      events.push(...reply.events);
      skipped = Math.max(skipped, Number(reply.skipped));
    }
    if (skipped > 0)
      session.log.warning(
        `The history may lack something: ${skipped} of its records cannot be read; the service's log may say why`,
      );
    await show(session, names.length === 1 ? events : merged(events, limit));
    return 0;
  }
}

/** The events of several names, each once, of which the newest count. */
function merged(events: readonly HistoryEvent[], limit: number | undefined): HistoryEvent[] {
  const distinct = [...new Map(events.map((event) => [JSON.stringify(event, exactly), event])).values()];
  return distinct.sort((a, b) => Number(a.time) - Number(b.time)).slice(-(limit ?? distinct.length));
}

function exactly(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

async function show(session: Session, events: readonly HistoryEvent[]): Promise<void> {
  const zoneName = zoneNamer(session.context.environment.timeZone);
  const chosen = fitting(session, events, zoneName);
  await writeListing(session, {
    columns: chosen.map(([column]) => column),
    rows: events.map((event) => chosen.map(([, cell]) => cell(event, zoneName))),
    json: events,
    noun: { one: 'event', many: 'events' },
  });
}

/** The columns for which there is room. */
function fitting(session: Session, events: readonly HistoryEvent[], zoneName: ZoneNamer): Field[] {
  const { stdout } = session.context;
  const width = stdout.isTerminal ? stdout.columns : undefined;
  const kept = new Map<string, Field>(Object.entries(fields));
  const isTooWide = () => {
    const chosen = [...kept.values()];
    const rows = events.map((event) => chosen.map(([, cell]) => cell(event, zoneName)));
    const look = { width: undefined, colours: 'off', header: true, links: false } as const;
    const [first = ''] = renderTable([...chosen.map(([column]) => column), { heading: '' }], rows, look).split('\n');
    return width !== undefined && first.length - 1 > width;
  };
  for (const name of dropped) if (isTooWide()) kept.delete(name);
  return [...kept.values()];
}

function nameOf({ operation, name, newName, count }: HistoryEvent): string | undefined {
  if (operation === 'clean') return count == null ? undefined : `${count} removed`;
  return newName == null ? (name ?? undefined) : `${name} → ${newName}`;
}

function resultCell({ error, replaced }: HistoryEvent): Cell {
  if (error != null) return { text: error, style: 'error' };
  return { text: replaced ? 'replaced' : 'done' };
}
