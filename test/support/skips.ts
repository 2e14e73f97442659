/** What is used of the runner's `test:pass` event. */
interface PassedTest {
  name: string;
  /** How many tests it is inside of. */
  nesting: number;
  file?: string | undefined;
  skip?: string | boolean | undefined;
}

/** The tests that were skipped, to be listed at the end of a run: what was not tested must not look as if it had been. */
export class SkipList {
  readonly #byReason = new Map<string, string[]>();
  /** The names of the test that has started last, and of those it is inside of. */
  #names: string[] = [];
  readonly #displayPath: (path: string) => string;

  constructor(displayPath: (path: string) => string) {
    this.#displayPath = displayPath;
  }

  /** How many tests were skipped. */
  get length(): number {
    return [...this.#byReason.values()].reduce((sum, tests) => sum + tests.length, 0);
  }

  /** To be called for every test that starts: tests are reported in order, outer ones first. */
  begin({ name, nesting }: Pick<PassedTest, 'name' | 'nesting'>): void {
    this.#names = [...this.#names.slice(0, nesting), name];
  }

  note({ name, nesting, file, skip }: PassedTest): void {
    if (skip === undefined || skip === false) return;
    const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
    const tests = this.#byReason.get(reason) ?? [];
    const fullName = [...this.#names.slice(0, nesting), name].join(' › ');
    tests.push(file === undefined ? fullName : `${this.#displayPath(file)}: ${fullName}`);
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
