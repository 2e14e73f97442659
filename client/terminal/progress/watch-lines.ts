import type { Session } from '../../cli/session.js';
import type { Transfer } from '../../connect/contract.js';
import { PlainPacer, plainLine } from './progress.js';
import type { Ended, TransferView } from './view.js';
import { endLine, subjectOf } from './view.js';

/** For files and pipes: a line when a transfer is first seen, enters a phase, and now and then within one. */
export class LinesView implements TransferView {
  readonly #session: Session;
  readonly #pacers = new Map<Transfer['id'], PlainPacer>();

  constructor(session: Session) {
    this.#session = session;
  }

  show(transfers: readonly Transfer[], ended: readonly Ended[]): boolean {
    for (const { transfer } of ended) this.#pacers.delete(transfer.id);
    const lines = [...ended.map(endLine), ...transfers.flatMap((transfer) => this.#line(transfer))];
    return lines.length === 0 || this.#session.context.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }

  #line(transfer: Transfer): string[] {
    const pacer = this.#pacers.get(transfer.id) ?? new PlainPacer();
    this.#pacers.set(transfer.id, pacer);
    const line = plainLine(transfer.progress);
    const isDue = line !== undefined && pacer.isDue(transfer.progress, this.#session.context.now());
    return isDue ? [`${subjectOf(transfer)}: ${line}`] : [];
  }

  [Symbol.dispose](): void {}
}
