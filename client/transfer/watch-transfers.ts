import { setTimeout as delay } from 'node:timers/promises';
import { VarlinkError } from '../../varlink/error.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { Transfer } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import type { Ended, TransferView } from '../terminal/progress/view.js';

/** How often the service is asked, in milliseconds. */
const askIntervalMs = 500;

/**
 * Shows the transfers and what becomes of them until Ctrl-C, or until nobody reads any more.
 *
 * @returns the exit status
 */
export async function watchTransfers(session: Session): Promise<number> {
  const connection = await session.connect();
  const stop = new AbortController();
  using _ = session.context.onInterrupt(() => stop.abort());
  using view = await openView(session);
  const stopped = new Promise<undefined>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(undefined));
  });
  let before: readonly Transfer[] = [];
  while (!stop.signal.aborted) {
    const seen = await Promise.race([look(session, connection, before), stopped]);
    if (seen === undefined || !view.show(seen.transfers, seen.ended)) break;
    before = seen.transfers;
    await delay(askIntervalMs, undefined, { signal: stop.signal }).catch(() => {});
  }
  return 0;
}

async function openView(session: Session): Promise<TransferView> {
  const { settings, context } = session;
  if (settings.json !== 'off') return new (await import('../terminal/progress/watch-json.js')).JsonView(session);
  const isDrawable = context.stdout.isTerminal && !context.environment.terminal.isDumb;
  if (isDrawable) return new (await import('../terminal/progress/watch-table.js')).TableView(session);
  return new (await import('../terminal/progress/watch-lines.js')).LinesView(session);
}

async function look({ settings }: Session, connection: ServiceConnection, before: readonly Transfer[]) {
  const wanted = settings.class === undefined ? {} : { class: settings.class };
  const { transfers } = await attempt('list transfers', () => connection.transfer.list(wanted));
  const listed = new Set(transfers.map(({ id }) => id));
  const ended: Ended[] = [];
  for (const transfer of before.filter(({ id }) => !listed.has(id))) ended.push(await outcomeOf(connection, transfer));
  return { transfers, ended };
}

async function outcomeOf(connection: ServiceConnection, transfer: Transfer): Promise<Ended> {
  try {
    const { result, progress } = await connection.transfer.watch({ id: transfer.id });
    const last = progress ? { ...transfer, progress } : transfer;
    return result ? { transfer: last, phase: 'finished', result } : { transfer: last, phase: undefined };
  } catch (error) {
    if (!(error instanceof VarlinkError)) throw error;
    return failureOf(transfer, error);
  }
}

/** What is no failure of the transfer says that we may not know, or that the service has forgotten it. */
function failureOf(transfer: Transfer, { name, parameters }: VarlinkError): Ended {
  const [, short] = /^io\.ferry\.Transfer\.(?!NoSuchTransfer$)(\w+)$/.exec(name) ?? [];
  if (short === undefined) return { transfer, phase: undefined };
  const phase = short === 'Cancelled' ? 'cancelled' : 'failed';
  return { transfer, phase, error: { name: short, message: String(parameters['message'] ?? '') } };
}
