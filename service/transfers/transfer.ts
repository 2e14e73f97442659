import type { Failure } from '../../common/failure.js';
import type { LayersProgress, TransferType } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { ImageClass, Loss, Phase, PushedBlob, VerifiedBy } from '../processes/ipc/messages.js';

export type { TransferType };

export interface Progress {
  phase: Phase;
  bytesDone: number;
  bytesTotal: number | undefined;
  bytesPerSecond: number | undefined;
  secondsLeft: number | undefined;
  secondsStalled: number | undefined;
  layers: LayersProgress | undefined;
}

export interface LogLine {
  priority: number;
  message: string;
}

export interface Result {
  path: string | undefined;
  pristinePath: string | undefined;
  bytes: number;
  sha256: string | undefined;
  verifiedBy: VerifiedBy;
  signedBy: string | undefined;
  /** User ID of the key that signed. */
  signerName?: string | undefined;
  fromCache: boolean;
  lossCount: number;
  losses: Loss[];
  /** Of a container image. */
  manifestDigest?: string;
  /** Of a push. */
  blobs?: PushedBlob[];
}

export type TransferEvent = { type: 'progress' } | { type: 'log'; line: LogLine } | { type: 'ended' };

/** What is known of a transfer from the start. */
export interface TransferSubject {
  id: number;
  type: TransferType;
  class: ImageClass;
  /** URL without user name and password. */
  remote: string | undefined;
  local: string | undefined;
  imageRoot: string;
  /** The user who asked for it. */
  uid: number;
  /** Whether it only finds out what it would do: no history has it. */
  isRehearsal?: boolean;
}

/** A transfer whose turn has come. */
export interface RunningTransfer {
  readonly transfer: Transfer;
  /** Ends it, with a Failure as the reason. */
  readonly signal: AbortSignal;
}

/** What is kept of the log for those who attach later: lines, and UTF-16 code units of all of them. */
const kept = { lines: 200, text: 64 * 1024 };
/** The rate is smoothed over about this many milliseconds. */
const rateWindowMs = 2000;
/** Milliseconds without a byte after which a phase counts as stalled. Encoders take whole blocks and work on them for a while. */
const stalledAfterMs: Partial<Record<Phase, number>> = {
  downloading: 5000,
  importing: 5000,
  exporting: 30_000,
  uploading: 5000,
};

/** The state of one transfer, and those who watch it. It does nothing by itself. */
export class Transfer {
  readonly subject: TransferSubject;
  readonly log: LogLine[] = [];
  #logText = 0;
  result: Result | undefined;
  failure: Failure | undefined;
  /** Whether its image took the place of another one. */
  replaced = false;
  readonly #listeners = new Set<(event: TransferEvent) => void>();
  readonly #now: () => number;
  #measuredAt: number;
  #measuredBytes = 0;
  /** When the last byte came, or the phase began. */
  #movedAt: number;
  readonly #progress: Progress = {
    phase: 'queued',
    bytesDone: 0,
    bytesTotal: undefined,
    bytesPerSecond: undefined,
    secondsLeft: undefined,
    secondsStalled: undefined,
    layers: undefined,
  };

  /** `now` gives milliseconds on a steady clock. */
  constructor(subject: TransferSubject, now: () => number = () => performance.now()) {
    this.subject = subject;
    this.#now = now;
    this.#measuredAt = now();
    this.#movedAt = this.#measuredAt;
  }

  get ended(): boolean {
    return this.result !== undefined || this.failure !== undefined;
  }

  /** As of now: nobody tells that nothing comes. */
  get progress(): Readonly<Progress> {
    const secondsStalled = this.#secondsStalled();
    if (secondsStalled === undefined) return this.#progress;
    return { ...this.#progress, bytesPerSecond: undefined, secondsLeft: undefined, secondsStalled };
  }

  #secondsStalled(): number | undefined {
    const { phase, bytesDone, bytesTotal } = this.#progress;
    const still = this.#now() - this.#movedAt;
    const isMoving = still < (stalledAfterMs[phase] ?? Number.POSITIVE_INFINITY);
    return isMoving || bytesDone === bytesTotal ? undefined : Math.floor(still / 1000);
  }

  subscribe(listener: (event: TransferEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  enter(phase: Phase): void {
    if (this.ended || this.#progress.phase === phase) return;
    this.#progress.phase = phase;
    // What was waited for before says nothing about the rate from here on.
    this.#measuredAt = this.#now();
    this.#movedAt = this.#measuredAt;
    this.#measuredBytes = this.#progress.bytesDone;
    this.#progress.bytesPerSecond = undefined;
    this.#progress.secondsLeft = undefined;
    this.#emit({ type: 'progress' });
  }

  /** Bytes moved so far and in all; the rate and the time left follow from them. */
  advance(bytesDone: number, bytesTotal: number | undefined): void {
    const elapsed = this.#now() - this.#measuredAt;
    if (elapsed >= 500) {
      const rate = ((bytesDone - this.#measuredBytes) * 1000) / elapsed;
      const weight = Math.min(1, elapsed / rateWindowMs);
      const before = this.#progress.bytesPerSecond ?? rate;
      this.#progress.bytesPerSecond = Math.max(0, Math.round(before + (rate - before) * weight));
      this.#measuredAt = this.#now();
      this.#measuredBytes = bytesDone;
    }
    if (bytesDone !== this.#progress.bytesDone) this.#movedAt = this.#now();
    this.#progress.bytesDone = bytesDone;
    this.#progress.bytesTotal = bytesTotal;
    const { bytesPerSecond } = this.#progress;
    const left = bytesTotal === undefined ? undefined : bytesTotal - bytesDone;
    this.#progress.secondsLeft =
      left === undefined || !bytesPerSecond ? undefined : Math.max(0, Math.ceil(left / bytesPerSecond));
    this.#emit({ type: 'progress' });
  }

  /** How far the layers of a container image are. Shown with the next progress. */
  showLayers(layers: LayersProgress): void {
    this.#progress.layers = layers;
  }

  say(priority: number, message: string): void {
    const line = { priority, message };
    this.log.push(line);
    this.#logText += message.length;
    while (this.log.length > kept.lines || this.#logText > kept.text)
      this.#logText -= this.log.shift()?.message.length ?? 0;
    this.#emit({ type: 'log', line });
  }

  succeed(result: Result): void {
    this.enter('finished');
    this.result = result;
    this.#emit({ type: 'ended' });
  }

  fail(failure: Failure): void {
    this.enter(failure.kind === 'Cancelled' ? 'cancelled' : 'failed');
    this.failure = failure;
    this.#emit({ type: 'ended' });
  }

  #emit(event: TransferEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
