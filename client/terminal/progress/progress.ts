import { type ColourMode, styled } from '../../../common/colour.js';
import { formatBytes } from '../../../common/sizes.js';
import type { Phase, Progress } from '../../connect/contract.js';
import { formatElapsed, formatSeconds } from '../units.js';
import { displayWidth, ellipsize } from '../width.js';

/** What people call a phase. */
const phaseNames: ReadonlyMap<string, string> = new Map<Phase, string>([
  ['queued', 'Waiting'],
  ['starting', 'Starting'],
  ['downloading', 'Downloading'],
  ['importing', 'Importing'],
  ['exporting', 'Exporting'],
  ['uploading', 'Uploading'],
  ['verifying', 'Verifying'],
  ['converting', 'Converting'],
  ['installing', 'Installing'],
  ['copying', 'Copying'],
  ['cleaning', 'Cleaning up'],
  ['finished', 'Ending'],
  ['failed', 'Ending'],
  ['cancelled', 'Ending'],
]);

/** They begin or end at once. */
const briefPhases: readonly Phase[] = ['starting', 'finished', 'failed', 'cancelled'];

/** Only these move the bytes that are counted: in others the figures are old news. */
const movingPhases: readonly Phase[] = ['downloading', 'importing', 'exporting', 'uploading'];

/** Whether the figures of this moment say something about its phase. */
export function isMoving({ phase }: Pick<Progress, 'phase'>): boolean {
  return movingPhases.includes(phase);
}

/** Plain lines come at most this often within a phase, in milliseconds. */
const plainIntervalMs = 10_000;

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
interface Figures {
  readonly bytes: string | undefined;
  readonly rate: string | undefined;
  readonly left: string | undefined;
  /** For how long nothing has come, where that is worth a word. */
  readonly stalled: string | undefined;
  /** How many layers of a container image are here. */
  readonly layers: string | undefined;
}

export function figuresOf(progress: Progress, of: string): Figures {
  if (!isMoving(progress))
    return { bytes: undefined, rate: undefined, left: undefined, stalled: undefined, layers: undefined };
  const { bytesDone, bytesTotal, bytesPerSecond, secondsLeft, secondsStalled, layers } = progress;
  const isKnown = fraction(progress) !== undefined && bytesTotal !== undefined && bytesTotal !== null;
  const done = isKnown || Number(bytesDone) > 0 ? formatBytes(bytesDone) : undefined;
  return {
    bytes: isKnown ? `${done}${of}${formatBytes(bytesTotal)}` : done,
    rate: bytesPerSecond === undefined || bytesPerSecond === null ? undefined : `${formatBytes(bytesPerSecond)}/s`,
    left: secondsLeft === undefined || secondsLeft === null ? undefined : formatSeconds(Number(secondsLeft)),
    stalled: secondsStalled ? formatSeconds(Number(secondsStalled)) : undefined,
    layers: layers ? `${layers.done}${of}${layers.total} layers` : undefined,
  };
}

/** One line for logs: `Downloading: 45% (120M of 267M, 12.3M/s, 12s left).` Undefined for a phase not worth one. */
export function plainLine(progress: Progress): string | undefined {
  if (briefPhases.includes(progress.phase)) return undefined;
  const name = phaseName(progress.phase);
  const done = percent(progress);
  const { bytes, rate, left, stalled, layers } = figuresOf(progress, ' of ');
  const parts = [bytes, layers, stalled && `stalled for ${stalled}`, rate, left && `${left} left`];
  const details = parts.filter((part) => part !== undefined).join(', ');
  if (isMoving(progress) && done !== undefined && details !== '') return `${name}: ${done}% (${details}).`;
  return details === '' ? `${name}…` : `${name}: ${details}.`;
}

/** Columns at the end of the line that stay free for the `^C` that the terminal echoes: a line that it breaks cannot be drawn over. */
const echoWidth = 3;
const barMinimum = 8;
const barMaximum = 40;
/** Columns that the figures get whatever they are, so that the bar keeps its place and length. */
const figureWidths = { bytes: 13, rate: 9, left: 14 };

/** One line for a terminal, never wider than that: phase, bar, percent, bytes, rate, time left. */
export function terminalLine(progress: Progress, look: ProgressLook): string {
  const { bytes, rate, left, stalled, layers } = figuresOf(progress, '/');
  const speed = stalled === undefined ? rate : 'stalled';
  const time = stalled === undefined ? left && `${left} left` : `for ${stalled}`;
  const part = isMoving(progress) ? fraction(progress) : undefined;
  return line(
    phaseName(progress.phase),
    part,
    [
      (bytes ?? '').padStart(part === undefined ? 0 : figureWidths.bytes),
      (speed ?? '').padStart(part === undefined ? 0 : figureWidths.rate),
      (time ?? '').padStart(part === undefined ? 0 : figureWidths.left),
      layers ?? '',
    ],
    look,
  );
}

/** What stays of a phase that has moved bytes: `Downloading: ━━━━ 100%  267M/267M  12.5M/s    in 21s`. */
export function settledLine(progress: Progress, seconds: number, look: ProgressLook): string {
  const bytes = figuresOf(progress, '/').bytes ?? '';
  const time = `in ${formatElapsed(seconds)}`;
  return line(
    phaseName(progress.phase),
    fraction(progress),
    [
      bytes.padStart(figureWidths.bytes),
      meanRate(progress.bytesDone, seconds).padStart(figureWidths.rate),
      time.padStart(figureWidths.left),
    ],
    look,
  );
}

/** The last line of the display: `Total:       267M in 25s (10.6M/s)`. */
export function totalLine(bytes: number | bigint, seconds: number): string {
  const rate = meanRate(bytes, seconds);
  return `${'Total:'.padEnd('Downloading:'.length)} ${formatBytes(bytes)} in ${formatElapsed(seconds)}${rate && ` (${rate})`}`;
}

function meanRate(bytes: number | bigint, seconds: number): string {
  return seconds > 0 ? `${formatBytes(Math.round(Number(bytes) / seconds))}/s` : '';
}

/** One that only a newer service knows is called by its own name. */
export function phaseName(phase: Phase): string {
  return phaseNames.get(phase) ?? phase.charAt(0).toUpperCase() + phase.slice(1).replaceAll('_', ' ');
}

/** On a narrow terminal the figures give way, the last ones first, and then the bar. */
function line(name: string, part: number | undefined, figures: string[], look: ProgressLook): string {
  const title = `${name}:`.padEnd('Downloading:'.length);
  const available = look.width - echoWidth;
  const share = part === undefined ? '' : ` ${String(Math.floor(part * 100)).padStart(3)}%`;
  const ending = () => figures.map((figure) => (figure === '' ? '' : ` ${figure}`)).join('');
  const room = () => available - displayWidth(title) - 1 - share.length - displayWidth(ending());
  while (figures.length > 0 && room() < (part === undefined ? 0 : barMinimum)) figures.pop();
  if (part === undefined || room() < barMinimum)
    return ellipsize(`${title}${share}${ending()}`.trimEnd(), available, 'start', look.utf8);
  return `${title} ${bar(part, Math.min(barMaximum, room()), look)}${share}${ending()}`.trimEnd();
}

/** A bar of so many columns. */
export function bar(part: number, width: number, look: Pick<ProgressLook, 'colours' | 'utf8'>): string {
  const filled = Math.floor(part * width);
  const [full, empty] = look.utf8 ? ['━', look.colours === 'off' ? '┄' : '━'] : ['#', '-'];
  return (
    styled(full.repeat(filled), 'good', look.colours) + styled(empty.repeat(width - filled), 'quiet', look.colours)
  );
}

/** The sequence that shows progress on the window's or task's icon (OSC 9;4): unknown is 3, stalled 4, none 0. */
export function iconSequence(progress: Progress | undefined): string {
  if (progress === undefined) return '\x1b]9;4;0;\x1b\\';
  const done = isMoving(progress) ? percent(progress) : undefined;
  return done === undefined ? '\x1b]9;4;3;\x1b\\' : `\x1b]9;4;${progress.secondsStalled ? 4 : 1};${done}\x1b\\`;
}

/** Decides when a log gets a line: at a new phase, and from time to time within one; once for as long as nothing comes. */
export class PlainPacer {
  #phase: Phase | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #stalled = false;

  /** @param now milliseconds */
  isDue(progress: Progress, now: number): boolean {
    const isNew = progress.phase !== this.#phase;
    const stalled = Boolean(progress.secondsStalled);
    if (!isNew && (now - this.#last < plainIntervalMs || (stalled && this.#stalled))) return false;
    this.#stalled = stalled;
    this.#phase = progress.phase;
    this.#last = now;
    // Every transfer waits for a moment; that is worth a line only if it lasts.
    return !(isNew && progress.phase === 'queued');
  }
}
