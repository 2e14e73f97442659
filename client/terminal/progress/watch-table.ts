import { styled } from '../../../common/colour.js';
import { escapeText } from '../../../varlink/text.js';
import type { Session } from '../../cli/session.js';
import type { Progress, Transfer } from '../../connect/contract.js';
import { type Cell, type Column, renderTable } from '../table.js';
import { typeName } from '../transfers.js';
import { ellipsize } from '../width.js';
import { LiveLines } from './live.js';
import { bar, figuresOf, fraction, iconSequence, isMoving, type ProgressLook, phaseName } from './progress.js';
import type { Ended, TransferView } from './view.js';
import { endLine } from './view.js';

interface WatchColumn extends Column {
  /** Columns that the terminal must have for it. */
  readonly from: number;
  cell(transfer: Transfer, look: ProgressLook): Cell;
}

const barWidth = 12;

const watchColumns: readonly WatchColumn[] = [
  { heading: 'ID', align: 'right', from: 0, cell: ({ id }) => ({ text: String(id) }) },
  { heading: 'TYPE', from: 100, cell: (transfer) => ({ text: typeName(transfer) }) },
  { heading: 'CLASS', from: 130, cell: (transfer) => ({ text: transfer.class }) },
  {
    heading: 'LOCAL',
    from: 0,
    shorten: 'start',
    cell: ({ local }) => ({ text: local ? escapeText(local) : undefined }),
  },
  { heading: 'REMOTE', from: 120, shorten: 'ends', cell: ({ remote }) => remoteCell(remote) },
  { heading: 'PHASE', from: 70, cell: ({ progress }) => ({ text: phaseName(progress.phase) }) },
  { heading: 'PROGRESS', from: 0, cell: ({ progress }, look) => progressCell(progress, look) },
  { heading: 'BYTES', from: 80, align: 'right', cell: ({ progress }) => figureCell(progress, 'bytes', 13) },
  { heading: 'RATE', from: 60, align: 'right', cell: ({ progress }) => rateCell(progress) },
  { heading: 'LEFT', from: 50, align: 'right', cell: ({ progress }) => figureCell(progress, 'left', 8) },
];

function remoteCell(remote: string | null | undefined): Cell {
  return remote ? { text: escapeText(remote), target: escapeText(remote) } : { text: undefined };
}

/** As wide as it may become, so that nothing moves when it does. */
function figureCell(progress: Progress, name: 'bytes' | 'rate' | 'left', width: number): Cell {
  return { text: (figuresOf(progress, '/')[name] ?? '-').padStart(width) };
}

function rateCell(progress: Progress): Cell {
  return figuresOf(progress, '/').stalled === undefined ? figureCell(progress, 'rate', 8) : { text: ' stalled' };
}

function progressCell(progress: Progress, look: ProgressLook): Cell {
  const part = isMoving(progress) ? fraction(progress) : undefined;
  if (part === undefined) return { text: undefined };
  const share = `${String(Math.floor(part * 100)).padStart(3)}%`;
  if (look.width < 50) return { text: share };
  const plain = bar(part, barWidth, { ...look, colours: 'off' });
  return { text: `${plain} ${share}`, drawn: `${bar(part, barWidth, look)} ${share}` };
}

/** All of them in one table that is drawn over; what has ended stays above it. */
export class TableView implements TransferView {
  readonly #session: Session;
  readonly #live: LiveLines;

  constructor(session: Session) {
    this.#session = session;
    this.#live = new LiveLines(session.context.stdout, session.log);
  }

  show(transfers: readonly Transfer[], ended: readonly Ended[]): boolean {
    const look = this.#look();
    const stays = ended.map((each) =>
      styled(
        endLine(each),
        each.phase === 'failed' ? 'error' : each.phase === 'finished' ? 'good' : undefined,
        look.colours,
      ),
    );
    return this.#live.show(this.#lines(transfers, look), iconOfAll(transfers), stays);
  }

  #look(): ProgressLook {
    const {
      environment: { terminal },
      stdout,
    } = this.#session.context;
    return { width: stdout.columns ?? 80, colours: terminal.coloursOf({ isTerminal: true }), utf8: terminal.isUtf8 };
  }

  /** As many as there is room for: what has left the screen at the top could not be drawn over. */
  #lines(transfers: readonly Transfer[], look: ProgressLook): string[] {
    const { settings, context } = this.#session;
    const room = Math.max(1, (context.stdout.rows ?? 24) - (settings.legend ? 4 : 1));
    const columns = watchColumns.filter(({ from }) => look.width >= from);
    const rows = transfers.slice(0, room).map((transfer) => columns.map((column) => column.cell(transfer, look)));
    const table = renderTable(columns, rows, {
      width: look.width - 1,
      colours: look.colours,
      header: settings.legend,
      links: context.environment.terminal.linksOf({ isTerminal: true }),
      isAscii: !look.utf8,
    });
    const lines = transfers.length > 0 ? table.trimEnd().split('\n') : [];
    return settings.legend ? [...lines, ...legend(transfers.length, room, look)] : lines;
  }

  [Symbol.dispose](): void {
    // What was last seen stays.
    this.#session.context.stdout.write(`${iconSequence(undefined)}\n`);
    this.#live[Symbol.dispose]();
  }
}

function legend(count: number, room: number, { width, utf8 }: ProgressLook): string[] {
  const hidden = count > room ? `, ${count - room} of them not shown` : '';
  const what = count === 0 ? 'No transfers' : `${count} ${count === 1 ? 'transfer' : 'transfers'}${hidden}`;
  const text = ellipsize(`${what}. Ctrl-C ends this view, not the transfers.`, width - 1, 'start', utf8);
  return count === 0 ? [text] : ['', text];
}

/** All that move bytes count as one. */
function iconOfAll(transfers: readonly Transfer[]): string {
  const moving = transfers.map(({ progress }) => progress).filter(isMoving);
  if (transfers.length === 0) return iconSequence(undefined);
  const sum = (pick: (progress: Progress) => Progress['bytesDone']) =>
    moving.reduce((total, progress) => total + Number(pick(progress)), 0);
  const isKnown = moving.every((progress) => fraction(progress) !== undefined);
  const bytesTotal = isKnown ? sum(({ bytesTotal }) => bytesTotal ?? 0) : null;
  return iconSequence({ phase: 'downloading', bytesDone: sum(({ bytesDone }) => bytesDone), bytesTotal });
}
