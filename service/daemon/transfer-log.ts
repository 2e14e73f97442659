import { type Log, priorities } from '../../common/log/log.js';
import type { NotedEvent } from '../transfers/history/event.js';
import type { History } from '../transfers/history/history.js';
import type { Transfer, TransferEvent } from '../transfers/transfer.js';

function describe({ subject: { type, remote, local, class: imageClass, uid } }: Transfer): string {
  const from = remote === undefined ? '' : ` ${type.startsWith('push') ? 'to' : 'of'} ${remote}`;
  const name = local === undefined ? '' : ` '${local}'`;
  return `${type.replace('_', '-')}${from}, ${imageClass} image${name}, for user ${uid}`;
}

/** What the history says of a transfer that has ended. */
function eventOf({ subject, result, failure, progress, replaced }: Transfer): NotedEvent {
  const { id, type, remote, local, class: imageClass, uid } = subject;
  const [operation = 'export'] = (['pull', 'import', 'push'] as const).filter((each) => type.startsWith(each));
  const known = { operation, class: imageClass, name: local, uid, url: remote, transfer: id, replaced } as const;
  if (result === undefined) return { ...known, error: failure?.kind, bytes: progress.bytesDone };
  const { path, pristinePath, verifiedBy, signedBy, bytes } = result;
  return {
    ...known,
    path: path ?? pristinePath,
    bytes,
    ...(operation === 'pull' && { verification: verifiedBy, signedBy }),
  };
}

/** Writes what happens to transfers into the service's own log, and how they ended into the history: each line with the identifier of its transfer. */
export class TransferLog {
  readonly #log: Log;
  readonly #history: History;
  readonly #known = new WeakSet<Transfer>();

  constructor(log: Log, history: History) {
    this.#log = log;
    this.#history = history;
  }

  /** Begins with those that it does not know yet. To be called before anything has happened to them. */
  follow(transfers: readonly Transfer[]): void {
    for (const transfer of transfers) {
      if (this.#known.has(transfer)) continue;
      this.#known.add(transfer);
      this.#write(transfer, priorities.info, describe(transfer));
      transfer.subscribe((event) => this.#note(transfer, event));
    }
  }

  #note(transfer: Transfer, event: TransferEvent): void {
    if (event.type === 'log') this.#write(transfer, event.line.priority, event.line.message);
    if (event.type !== 'ended') return;
    if (transfer.subject.isRehearsal !== true) this.#history.note(eventOf(transfer));
    const { failure, result } = transfer;
    if (failure !== undefined) {
      this.#write(transfer, failure.kind === 'Cancelled' ? priorities.notice : priorities.err, failure.message);
      return;
    }
    const path = result?.path ?? result?.pristinePath ?? undefined;
    this.#write(transfer, priorities.info, path === undefined ? 'ended well' : `ended well: ${path}`);
  }

  #write({ subject: { id } }: Transfer, priority: number, message: string): void {
    this.#log.write(priority, `transfer ${id}: ${message}`, id);
  }
}
