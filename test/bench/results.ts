import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Machine } from './machine.js';
import { machineLines } from './machine.js';
import { cells, heading, plainTable, type RowResult } from './report.js';
import { rows } from './rows.js';

/** All that a run, or several, found out. */
export interface Results {
  readonly machine: Machine;
  readonly rows: readonly RowResult[];
}

/** The results of a file, without those that are now measured anew; none when there is no such file. */
export function earlier(file: string, isMeasured: (row: string, filesystem: string) => boolean): readonly RowResult[] {
  if (!existsSync(file)) return [];
  const results: Results = JSON.parse(readFileSync(file, 'utf8'));
  return results.rows.filter(({ row, filesystem }) => !isMeasured(row, filesystem));
}

export function write(file: string, results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

/** The lines of the table in its order: rows as they are listed, filesystems together. */
function lines(results: Results): string[][] {
  return rows.flatMap((row) => {
    return results.rows.filter((result) => result.row === row.name).map((result) => cells(result, row));
  });
}

export function text(results: Results): string {
  return `${plainTable(lines(results))}\n\n${machineLines(results.machine).join('\n')}`;
}

const markers = { begin: '<!-- begin: npm run bench -->', end: '<!-- end: npm run bench -->' };

/**
 * Puts the table into a document, between its two markers.
 * @throws Error when the document lacks them.
 */
export function writeMarkdown(file: string, results: Results): void {
  const document = readFileSync(file, 'utf8');
  const [begin, end] = [document.indexOf(markers.begin), document.indexOf(markers.end)];
  if (begin < 0 || end < begin) throw new Error(`${file} lacks the lines ${markers.begin} and ${markers.end}`);
  const head = document.slice(0, begin + markers.begin.length);
  writeFileSync(file, `${head}\n\n${markdown(results)}\n\n${document.slice(end)}`);
}

function markdown(results: Results): string {
  const days = [...new Set(results.rows.map(({ date }) => date.slice(0, 10)))].sort();
  const runs = Math.min(...results.rows.map((result) => result.runs.ferry.length));
  const about = [`Measured on ${days.join(', ')}; medians of ${runs}.`, ...machineLines(results.machine)];
  const line = (words: readonly string[]) => `| ${words.join(' | ')} |`;
  const table = [line(heading), line(heading.map(() => '---')), ...lines(results).map(line)];
  return `${about.join('  \n')}\n\n${table.join('\n')}`;
}
