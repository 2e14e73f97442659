import type { Phase, Progress } from '../connect/contract.js';
import { type ColourMode, styled } from './colour.js';
import { formatBytes, formatSeconds } from './units.js';
import { displayWidth, ellipsize } from './width.js';

/** What people call a phase; those without a name end or begin at once and are not worth a line. */
const phaseNames: Partial<Record<Phase, string>> = {
  queued: 'Waiting',
  starting: 'Starting',
  downloading: 'Downloading',
  importing: 'Importing',
  exporting: 'Exporting',
  verifying: 'Verifying',
  converting: 'Converting',
  installing: 'Installing',
  copying: 'Copying',
  cleaning: 'Cleaning up',
};

/** The bytes were moved before these: their figures are old news. */
const settledPhases: readonly Phase[] = ['queued', 'verifying', 'installing', 'cleaning'];

/** Plain lines come at most this often within a phase, in milliseconds. */
const plainInterval = 10_000;

export interface ProgressLook {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: ColourMode;
  readonly utf8: boolean;
}

/** How far a transfer is, from 0 to 1; undefined if that is unknown. */
export function fraction(progress: Progress): number | undefined {
  const { bytesDone, bytesTotal } = progress;
  if (bytesTotal === undefined || bytesTotal === null || Number(bytesTotal) <= 0) return undefined;
  return Math.min(1, Math.max(0, Number(bytesDone) / Number(bytesTotal)));
}

/** The same in whole percent, cut off: 100 is said of what is complete only. */
export function percent(progress: Progress): number | undefined {
  const part = fraction(progress);
  return part === undefined ? undefined : Math.floor(part * 100);
}

/** Bytes, rate and time left, as far as they are known. */
function figures(progress: Progress, of: string): string[] {
  if (settledPhases.includes(progress.phase)) return [];
  const { bytesDone, bytesTotal, bytesPerSecond, secondsLeft } = progress;
  const known = fraction(progress) !== undefined && bytesTotal !== undefined && bytesTotal !== null;
  const parts: string[] = [];
  if (known) parts.push(`${formatBytes(bytesDone)}${of}${formatBytes(bytesTotal)}`);
  else if (Number(bytesDone) > 0) parts.push(formatBytes(bytesDone));
  if (bytesPerSecond !== undefined && bytesPerSecond !== null) parts.push(`${formatBytes(bytesPerSecond)}/s`);
  if (secondsLeft !== undefined && secondsLeft !== null) parts.push(`${formatSeconds(Number(secondsLeft))} left`);
  return parts;
}

/** One line for logs: `Downloading: 45% (120M of 267M, 12.3M/s, 12s left).` Undefined for a phase not worth one. */
export function plainLine(progress: Progress): string | undefined {
  const name = phaseNames[progress.phase];
  if (name === undefined || progress.phase === 'starting') return undefined;
  const done = percent(progress);
  const details = figures(progress, ' of ').join(', ');
  if (done !== undefined && details !== '') return `${name}: ${done}% (${details}).`;
  return details === '' ? `${name}…` : `${name}: ${details}.`;
}

/** Parts of the line that give way on narrow terminals, the bar last. */
const barMinimum = 8;
const barMaximum = 40;

/** One line for a terminal, never wider than that: phase, bar, percent, bytes, rate, time left. */
export function terminalLine(progress: Progress, look: ProgressLook): string {
  const name = `${phaseNames[progress.phase] ?? 'Ending'}:`.padEnd('Downloading:'.length);
  const available = look.width - 1;
  const details = figures(progress, '/');
  const part = fraction(progress);
  const ending = () => (details.length > 0 ? ` ${details.join('  ')}` : '');
  const share =
    part === undefined
      ? ''
      : ` ${Math.floor(part * 100)
          .toString()
          .padStart(3)}%`;
  const room = () => available - displayWidth(name) - 1 - share.length - displayWidth(ending());
  while (details.length > 0 && room() < (part === undefined ? 0 : barMinimum)) details.pop();
  if (part === undefined || room() < barMinimum) return ellipsize(`${name}${share}${ending()}`.trimEnd(), available);
  return `${name} ${bar(part, Math.min(barMaximum, room()), look)}${share}${ending()}`;
}

function bar(part: number, width: number, look: ProgressLook): string {
  const filled = Math.floor(part * width);
  const [full, empty] = look.utf8 ? ['━', look.colours === 'off' ? '┄' : '━'] : ['#', '-'];
  return (
    styled(full.repeat(filled), 'good', look.colours) + styled(empty.repeat(width - filled), 'quiet', look.colours)
  );
}

/** The sequence that shows progress on the window's or task's icon (OSC 9;4): unknown is 3, none 0. */
export function iconSequence(progress: Progress | undefined): string {
  if (progress === undefined) return '\x1b]9;4;0;\x1b\\';
  const done = percent(progress);
  return done === undefined ? '\x1b]9;4;3;\x1b\\' : `\x1b]9;4;1;${done}\x1b\\`;
}

/** Decides when a log gets a line: at a new phase, and from time to time within one. */
export class PlainPacer {
  #phase: Phase | undefined;
  #last = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds */
  isDue(progress: Progress, now: number): boolean {
    const isNew = progress.phase !== this.#phase;
    if (!isNew && now - this.#last < plainInterval) return false;
    this.#phase = progress.phase;
    this.#last = now;
    // Every transfer waits for a moment; that is worth a line only if it lasts.
    return !(isNew && progress.phase === 'queued');
  }
}
