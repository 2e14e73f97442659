import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';

type Summary = EventData.TestCoverage['summary'];
type Totals = Summary['totals'];

/** Passes a test run's events on, with the coverage report cut down to files in some folders: tests do not count. */
export function coverageOf(folders: readonly string[]) {
  return async function* (events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent, void> {
    for await (const event of events) yield event.type === 'test:coverage' ? narrowed(event, folders) : event;
  };
}

function narrowed(event: Extract<TestEvent, { type: 'test:coverage' }>, folders: readonly string[]): TestEvent {
  const files = event.data.summary.files.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
  return {
    type: event.type,
    data: { ...event.data, summary: { ...event.data.summary, files, totals: totalsOf(files) } },
  };
}

function totalsOf(files: Summary['files']): Totals {
  const sum = (count: (file: Summary['files'][number]) => number) =>
    files.reduce((total, file) => total + count(file), 0);
  const counts = {
    totalLineCount: sum((file) => file.totalLineCount),
    totalBranchCount: sum((file) => file.totalBranchCount),
    totalFunctionCount: sum((file) => file.totalFunctionCount),
    coveredLineCount: sum((file) => file.coveredLineCount),
    coveredBranchCount: sum((file) => file.coveredBranchCount),
    coveredFunctionCount: sum((file) => file.coveredFunctionCount),
  };
  return {
    ...counts,
    coveredLinePercent: percent(counts.coveredLineCount, counts.totalLineCount),
    coveredBranchPercent: percent(counts.coveredBranchCount, counts.totalBranchCount),
    coveredFunctionPercent: percent(counts.coveredFunctionCount, counts.totalFunctionCount),
  };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : (100 * part) / whole;
}
