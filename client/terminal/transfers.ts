import type { Transfer } from '../connect/contract.js';
import { percent } from './progress/progress.js';

export function typeName(transfer: Transfer): string {
  return transfer.type.replace('_', '-');
}

/** Keys and values as importctl(1) writes them, and after those what it does not tell. */
export function transferJson(transfer: Transfer) {
  const { phase, bytesDone, bytesTotal, bytesPerSecond, secondsLeft, secondsStalled, layers } = transfer.progress;
  return {
    id: transfer.id,
    progress: percent(transfer.progress) ?? null,
    type: typeName(transfer),
    class: transfer.class,
    local: transfer.local ?? '',
    remote: transfer.remote ?? '',
    phase,
    bytesDone,
    bytesTotal: bytesTotal ?? null,
    bytesPerSecond: bytesPerSecond ?? null,
    secondsLeft: secondsLeft ?? null,
    secondsStalled: secondsStalled ?? null,
    // Only container images have layers.
    ...(layers ? { layers } : {}),
  };
}
