import { processorTarget, type Row } from './rows.js';
import type { Measurement, Side } from './sides.js';

export type Filesystem = 'ext4' | 'btrfs';

/** All runs of one row on one filesystem. Seconds. */
export interface RowResult {
  readonly row: string;
  readonly filesystem: Filesystem;
  /** When it was measured, ISO 8601. */
  readonly date: string;
  readonly runs: Readonly<Record<Side, readonly Measurement[]>>;
  /** The codec by itself with all cores; null where nothing is compressed. */
  readonly coderSeconds: number | null;
  /** As many bytes as Ferry wrote, written to one file and synced; null where blocks are shared. */
  readonly diskSeconds: number | null;
}

export const heading = [
  'work',
  'filesystem',
  'wall s',
  'ratio',
  'target',
  'met',
  'cpu s',
  'ratio',
  'met',
  'coder s',
  'disk s',
  'all MiB',
  'daemon, client MiB',
];

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function targetOf({ target }: Row, filesystem: Filesystem): number {
  return typeof target === 'number' ? target : target[filesystem];
}

/** The cells of one line, in the order of the heading: every pair is Ferry / systemd. */
export function cells(result: RowResult, row: Row): string[] {
  const { filesystem, runs, coderSeconds, diskSeconds } = result;
  const target = targetOf(row, filesystem);
  const wall = pairOf(runs, 'wallSeconds');
  const processor = pairOf(runs, 'cpuSeconds');
  return [
    result.row,
    filesystem,
    pairText(wall),
    ratioText(wall),
    target.toFixed(2),
    metText(wall[0] / wall[1] <= target),
    pairText(processor),
    ratioText(processor),
    metText(processor[0] / processor[1] <= processorTarget),
    coderText(coderSeconds, wall[0], row.coderTarget),
    diskSeconds === null ? '–' : diskSeconds.toFixed(2),
    `${peak(runs.ferry, 'totalBytes')} / ${peak(runs.systemd, 'totalBytes')}`,
    `${peak(runs.ferry, 'daemonBytes')}, ${peak(runs.ferry, 'clientBytes')}`,
  ];
}

type Pair = readonly [ferry: number, systemd: number];

function pairOf(runs: RowResult['runs'], figure: 'wallSeconds' | 'cpuSeconds'): Pair {
  return [median(runs.ferry.map((run) => run[figure])), median(runs.systemd.map((run) => run[figure]))];
}

const pairText = (pair: Pair): string => pair.map((seconds) => seconds.toFixed(2)).join(' / ');
const ratioText = ([ferry, systemd]: Pair): string => (ferry / systemd).toFixed(2);
const metText = (met: boolean): string => (met ? 'yes' : 'no');

function coderText(seconds: number | null, wall: number, target: number | undefined): string {
  if (seconds === null) return '–';
  if (target === undefined) return seconds.toFixed(2);
  return `${seconds.toFixed(2)} (${(wall / seconds).toFixed(2)} of it, target ${target.toFixed(2)})`;
}

function peak(runs: readonly Measurement[], figure: 'totalBytes' | 'daemonBytes' | 'clientBytes'): string {
  return (Math.max(...runs.map((run) => run[figure])) / (1 << 20)).toFixed(0);
}

/** A table for a terminal. */
export function plainTable(lines: readonly string[][]): string {
  const all = [heading, ...lines];
  const widths = heading.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const text = (line: string[]) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return all.map((line) => text(line).trimEnd()).join('\n');
}
