import type { Progress } from '../connect/contract.js';
import type { Surroundings } from '../surroundings.js';
import { chooseColours, isDumb } from './colour.js';
import type { Log, Overlay } from './log.js';
import { isUtf8 } from './pager.js';
import { iconSequence, PlainPacer, plainLine, terminalLine } from './progress.js';

/** Shows the progress of a transfer until disposed. */
export interface ProgressDisplay extends Disposable {
  update(progress: Progress): void;
}

/** A line that is redrawn in place on a terminal, plain lines elsewhere, nothing when quiet. */
export function showProgress(log: Log, quiet: boolean, surroundings: Surroundings): ProgressDisplay {
  if (quiet) return { update() {}, [Symbol.dispose]() {} };
  const drawable = surroundings.stderr.isTerminal && !isDumb(surroundings.env);
  return drawable ? new TerminalProgress(log, surroundings) : new PlainProgress(log, surroundings);
}

class PlainProgress implements ProgressDisplay {
  readonly #log: Log;
  readonly #surroundings: Surroundings;
  readonly #pacer = new PlainPacer();

  constructor(log: Log, surroundings: Surroundings) {
    this.#log = log;
    this.#surroundings = surroundings;
  }

  update(progress: Progress): void {
    const line = plainLine(progress);
    if (line !== undefined && this.#pacer.isDue(progress, this.#surroundings.now())) this.#log.info(line);
  }

  [Symbol.dispose](): void {}
}

const eraseLine = '\r\x1b[K';

class TerminalProgress implements ProgressDisplay, Overlay {
  readonly #log: Log;
  readonly #surroundings: Surroundings;
  #progress: Progress | undefined;

  constructor(log: Log, surroundings: Surroundings) {
    this.#log = log;
    this.#surroundings = surroundings;
    log.overlay = this;
  }

  update(progress: Progress): void {
    this.#progress = progress;
    this.#surroundings.stderr.write(this.erase() + this.draw());
  }

  erase(): string {
    return eraseLine;
  }

  draw(): string {
    if (this.#progress === undefined) return '';
    const { env, stderr } = this.#surroundings;
    const look = { width: stderr.columns ?? 80, colours: chooseColours(env, true), utf8: isUtf8(env) };
    return terminalLine(this.#progress, look) + iconSequence(this.#progress);
  }

  [Symbol.dispose](): void {
    this.#log.overlay = undefined;
    if (this.#progress !== undefined) this.#surroundings.stderr.write(eraseLine + iconSequence(undefined));
    this.#progress = undefined;
  }
}
