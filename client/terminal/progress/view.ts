import { escapeText } from '../../../varlink/text.js';
import type { Phase, Result, Transfer } from '../../connect/contract.js';
import { typeName } from '../transfers.js';

/** A transfer that is not listed any more, and what became of it as far as we may know. */
export interface Ended {
  readonly transfer: Transfer;
  /** Undefined if it belongs to another user. */
  readonly phase: Extract<Phase, 'finished' | 'failed' | 'cancelled'> | undefined;
  readonly result?: Result;
  readonly error?: { readonly name: string; readonly message: string };
}

/** A way to show transfers that go on. */
export interface TransferView extends Disposable {
  /** @returns false if nobody reads any more */
  show(transfers: readonly Transfer[], ended: readonly Ended[]): boolean;
}

/** What is to be said of a transfer that has ended. */
export function endLine({ transfer, phase, result, error }: Ended): string {
  const subject = subjectOf(transfer);
  if (phase === 'finished') {
    const place = result?.path ?? result?.pristinePath;
    return place ? `${subject} finished: ${escapeText(place)}` : `${subject} finished.`;
  }
  if (phase === 'failed') return `${subject} failed: ${escapeText(error?.message ?? '')}`;
  return phase === 'cancelled' ? `${subject} was cancelled.` : `${subject} has ended.`;
}

/** `Transfer 7 (pull-tar jammy)`. */
export function subjectOf(transfer: Transfer): string {
  const what = [typeName(transfer), ...(transfer.local ? [transfer.local] : [])].join(' ');
  return `Transfer ${transfer.id} (${escapeText(what)})`;
}
