import { cpus, release } from 'node:os';
import type { Measurement, Side } from './sides.js';

/** All runs of one row on one filesystem. */
export interface RowResult {
  readonly row: string;
  readonly filesystem: string;
  readonly runs: Readonly<Record<Side, readonly Measurement[]>>;
}

type Figure = 'wallSeconds' | 'cpuSeconds' | 'largestBytes' | 'totalBytes';

function medianOf(runs: readonly Measurement[], figure: Figure): number {
  const sorted = runs.map((each) => each[figure]).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

const heading = ['image', 'filesystem', 'wall s', 'ratio', 'cpu s', 'ratio', 'largest MiB', 'all MiB'];

/** A table for people: every pair is Ferry / systemd, medians of the runs; a ratio below 1 is in Ferry's favour. */
export function table(results: readonly RowResult[]): string {
  const lines = [heading, ...results.map(tableLine)];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function tableLine({ row, filesystem, runs }: RowResult): string[] {
  const values = (figure: Figure) => [medianOf(runs.ferry, figure), medianOf(runs.systemd, figure)] as const;
  const pair = (figure: Figure, unit: number, digits: number) =>
    values(figure)
      .map((value) => (value / unit).toFixed(digits))
      .join(' / ');
  const ratio = (figure: Figure) => (values(figure)[0] / values(figure)[1]).toFixed(2);
  const seconds = (figure: Figure) => [pair(figure, 1, 2), ratio(figure)];
  const mebibytes = (figure: Figure) => pair(figure, 1 << 20, 0);
  return [
    row,
    filesystem,
    ...seconds('wallSeconds'),
    ...seconds('cpuSeconds'),
    mebibytes('largestBytes'),
    mebibytes('totalBytes'),
  ];
}

/** What the figures depend on beside the code. */
export function machine(): Record<string, string | number> {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    processors: processors.length,
    kernel: release(),
    node: process.version,
  };
}
