import type { Log, Overlay } from '../../../common/log/log.js';
import type { OutputStream } from '../../cli/process-context.js';
import { displayWidth } from '../width.js';

const sequences = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;:]*[A-Za-z]/g;

/** Lines at the end of a terminal that are drawn over; messages and lines that stay go above them. Gone when disposed. */
export class LiveLines implements Overlay, Disposable {
  readonly #stream: OutputStream;
  readonly #log: Log;
  #lines: readonly string[] = [];
  /** What is written after them, such as the sequence for the icon. */
  #suffix = '';

  constructor(stream: OutputStream, log: Log) {
    this.#stream = stream;
    this.#log = log;
    log.overlay = this;
  }

  /**
   * Draws them anew.
   *
   * @param stays lines that stay above them
   * @returns false if nobody reads any more
   */
  show(lines: readonly string[], suffix = '', stays: readonly string[] = []): boolean {
    const before = this.erase() + stays.map((line) => `${line}\n`).join('');
    this.#lines = lines;
    this.#suffix = suffix;
    return this.#stream.write(before + this.draw());
  }

  /** The cursor is at the end of the last line; lines that a narrower terminal has broken since count as it shows them. */
  erase(): string {
    if (this.#lines.length === 0) return '';
    const columns = this.#stream.columns ?? 80;
    const widths = this.#lines.map((line) => displayWidth(line.replace(sequences, '')));
    const rows = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows === 1 ? '\r\x1b[K' : `\r\x1b[${rows - 1}A\x1b[J`;
  }

  draw(): string {
    return this.#lines.join('\n') + this.#suffix;
  }

  [Symbol.dispose](): void {
    this.#log.overlay = undefined;
  }
}
