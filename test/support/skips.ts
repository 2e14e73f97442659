/** What is used of the runner's `test:pass` event. */
interface PassedTest {
  name: string;
  file?: string | undefined;
  skip?: string | boolean | undefined;
}

/** The tests that were skipped, to be listed at the end of a run: what was not tested must not look as if it had been. */
export class SkipList {
  readonly #byReason = new Map<string, string[]>();
  readonly #displayPath: (path: string) => string;

  constructor(displayPath: (path: string) => string) {
    this.#displayPath = displayPath;
  }

  /** How many tests were skipped. */
  get length(): number {
    return [...this.#byReason.values()].reduce((sum, tests) => sum + tests.length, 0);
  }

  note({ name, file, skip }: PassedTest): void {
    if (skip === undefined || skip === false) return;
    const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
    const tests = this.#byReason.get(reason) ?? [];
    tests.push(file === undefined ? name : `${this.#displayPath(file)}: ${name}`);
    this.#byReason.set(reason, tests);
  }

  /** Lines for people: every skipped test, below its reason. */
  summary(): string {
    if (this.length === 0) return 'No test was skipped.\n';
    const blocks = [...this.#byReason].map(
      ([reason, tests]) => `  ${reason}:\n${tests.map((test) => `    ${test}\n`).join('')}`,
    );
    return `${this.length} skipped:\n${blocks.join('')}`;
  }
}
