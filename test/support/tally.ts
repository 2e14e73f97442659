import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the tests of a run, each file in a process of its own, say what they counted. */
const variable = 'FERRY_TEST_TALLY';

/** What a run of the tests has to say at its end, beside how many tests passed. */
export type Tallied =
  | 'faults injected'
  | 'hostile inputs'
  | 'verification cases'
  | 'fuzz executions'
  | `kill points of ${string}`;

/** Counts `amount` more of `what`; the end of the run prints the sums. */
export function tally(what: Tallied, amount = 1): void {
  const path = process.env[variable];
  if (path !== undefined) appendFileSync(path, `${amount} ${what}\n`);
}

/** Collects what the tests of one run count. */
export class TallySheet {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ferry-test-tally-'));
  readonly #path = join(this.#directory, 'tally');

  /** From here on, processes that are started count for this run. */
  open(): void {
    process.env[variable] = this.#path;
  }

  /** Lines for people, one a sum. Empty when nothing was counted. */
  close(): string {
    const lines = existsSync(this.#path) ? readFileSync(this.#path, 'utf8').trimEnd().split('\n') : [];
    rmSync(this.#directory, { recursive: true, force: true });
    return sumUp(lines)
      .map(([what, sum]) => `${sum} ${what}\n`)
      .join('');
  }
}

/** Adds up lines of an amount and what it is of; sorted by the latter. */
export function sumUp(lines: readonly string[]): [what: string, sum: number][] {
  const sums = new Map<string, number>();
  for (const line of lines) {
    const [, amount, what = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
    sums.set(what, (sums.get(what) ?? 0) + Number(amount));
  }
  return [...sums].sort(([a], [b]) => a.localeCompare(b));
}
