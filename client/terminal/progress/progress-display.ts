import type { Log } from '../../../common/log/log.js';
import type { ProcessContext } from '../../cli/process-context.js';
import type { Progress } from '../../connect/contract.js';
import { LiveLines } from './live.js';
import {
  iconSequence,
  isMoving,
  PlainPacer,
  type ProgressLook,
  plainLine,
  settledLine,
  terminalLine,
  totalLine,
} from './progress.js';

/** Shows the progress of a transfer until disposed. */
export interface ProgressDisplay extends Disposable {
  update(progress: Progress): void;
  /** The transfer has ended well. */
  complete(): void;
}

/** A line that is redrawn in place on a terminal, plain lines elsewhere, nothing when quiet. */
export function showProgress(log: Log, quiet: boolean, context: ProcessContext): ProgressDisplay {
  if (quiet) return { update() {}, complete() {}, [Symbol.dispose]() {} };
  const drawable = context.stderr.isTerminal && !context.environment.terminal.isDumb;
  return drawable ? new TerminalProgress(log, context) : new PlainProgress(log, context);
}

class PlainProgress implements ProgressDisplay {
  readonly #log: Log;
  readonly #context: ProcessContext;
  readonly #pacer = new PlainPacer();

  constructor(log: Log, context: ProcessContext) {
    this.#log = log;
    this.#context = context;
  }

  update(progress: Progress): void {
    const line = plainLine(progress);
    if (line !== undefined && this.#pacer.isDue(progress, this.#context.now())) this.#log.info(line);
  }

  complete(): void {}

  [Symbol.dispose](): void {}
}

/**
 * The phase under way in a line that is drawn over. Of phases that have moved bytes a line stays, and in the end one that
 * sums all up.
 */
class TerminalProgress implements ProgressDisplay {
  readonly #context: ProcessContext;
  readonly #live: LiveLines;
  readonly #began: number;
  #phaseBegan: number;
  #last: Progress | undefined;
  #bytes: Progress['bytesDone'] = 0;

  constructor(log: Log, context: ProcessContext) {
    this.#context = context;
    this.#live = new LiveLines(context.stderr, log);
    this.#began = context.now();
    this.#phaseBegan = this.#began;
  }

  update(progress: Progress): void {
    const isNew = this.#last?.phase !== progress.phase;
    const stays = isNew ? this.#settle(progress) : [];
    if (isNew) this.#phaseBegan = this.#context.now();
    this.#last = progress;
    if (Number(progress.bytesDone) > 0) this.#bytes = progress.bytesDone;
    this.#live.show([terminalLine(progress, this.#look())], iconSequence(progress), stays);
  }

  /** The line that stays of the phase that has ended; how many bytes it moved is known for certain only after it. */
  #settle(next: Progress | undefined): string[] {
    const last = this.#last;
    if (last === undefined || !isMoving(last) || Number(last.bytesDone) === 0) return [];
    const settled = { ...(next ?? last), phase: last.phase };
    return [settledLine(settled, this.#since(this.#phaseBegan), this.#look())];
  }

  #look(): ProgressLook {
    const {
      environment: { terminal },
      stderr,
    } = this.#context;
    return { width: stderr.columns ?? 80, colours: terminal.coloursOf({ isTerminal: true }), utf8: terminal.isUtf8 };
  }

  #since(moment: number): number {
    return (this.#context.now() - moment) / 1000;
  }

  complete(): void {
    const stays = this.#settle(undefined);
    const total = Number(this.#bytes) > 0 ? [totalLine(this.#bytes, this.#since(this.#began))] : [];
    this.#live.show([], '', [...stays, ...total]);
    this.#last = undefined;
    this.#context.stderr.write(iconSequence(undefined));
  }

  [Symbol.dispose](): void {
    this.#live.show([], this.#last === undefined ? '' : iconSequence(undefined));
    this.#live[Symbol.dispose]();
    this.#last = undefined;
  }
}
