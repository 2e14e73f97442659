import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { transformSync } from 'esbuild';
import type { Mutant } from './mutant.js';

/** What tests may take without a mistake, in seconds. */
const usualLimit = 10 * 60;
/** How long tests may take with one, in seconds, given what they took without: those that hang have noticed. */
const limitOf = (usual: number) => 60 + 5 * usual;
/** How long a file of tests may go on when one has failed, in seconds: what a failed test leaves open may keep it for good. */
const afterFailure = 5;
const failure = /^✖ .+ \([\d.]+ms\)$/m;

/** How a run of tests ended. */
export interface Outcome {
  readonly passed: boolean;
  /** Whether there was a test, and it was not skipped. */
  readonly ran: boolean;
  /** The tests that failed. */
  readonly failed: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

/** A copy of the compiled project, in which one file at a time is another. */
export class Workshop implements Disposable {
  readonly #copy = mkdtempSync(join(tmpdir(), 'ferry-mutants-'));
  #running: ChildProcess | undefined;

  constructor() {
    // Tests run parts of it as other users.
    chmodSync(this.#copy, 0o755);
    const left = ['node_modules', '.git'];
    cpSync('.', this.#copy, { recursive: true, filter: (path) => !left.includes(path) });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.#copy, 'node_modules'));
  }

  /** Runs the mutant's tests while its file holds the mistake. `usual`: the seconds that they take without it. */
  async try(mutant: Mutant, file: string, usual: number): Promise<Outcome> {
    using _mistake = this.#with(mutant, file);
    return await this.test(mutant.test, mutant.only, limitOf(usual));
  }

  /** Puts what install.sh needs of a product with the mistake into a directory. */
  async make(mutant: Mutant, file: string, directory: string): Promise<void> {
    using _mistake = this.#with(mutant, file);
    await this.#bundle();
    for (const part of ['dist', 'units', 'install.sh'])
      cpSync(join(this.#copy, part), join(directory, part), { recursive: true });
  }

  /** Until it is disposed, a file holds the mistake, and what is compiled of it too. */
  #with({ search, replacement }: Mutant, file: string): Disposable {
    const source = join(this.#copy, file);
    const mistake = replaced(source, (before) => before.replace(search, () => replacement));
    if (!file.endsWith('.ts')) return mistake;
    const code = compile(readFileSync(source, 'utf8'));
    const compiled = replaced(join(this.#copy, 'build', file.replace(/\.ts$/, '.js')), () => code);
    const undo = () => {
      compiled[Symbol.dispose]();
      mistake[Symbol.dispose]();
    };
    return { [Symbol.dispose]: undo };
  }

  async #bundle(): Promise<void> {
    const { status, output } = await this.#run(usualLimit, 'build/tools/bundle.js');
    if (status !== 0) throw new Error(`the product cannot be made\n${output}`);
  }

  /** Runs a test file, or only the tests in it with this in their names. */
  async test(test: string, only: string | undefined, limit = usualLimit): Promise<Outcome> {
    const begun = performance.now();
    if (needsProduct(test)) await this.#bundle();
    const named = only === undefined ? [] : [`--only=${only}`];
    const { status, output } = await this.#run(limit, 'build/test/run.js', ...named, test);
    const ran = !/^ℹ pass 0\nℹ fail 0$/m.test(output);
    const seconds = (performance.now() - begun) / 1000;
    return { passed: status === 0, ran, failed: failedIn(output), output, seconds };
  }

  /** @param limit in seconds */
  async #run(limit: number, ...parameters: string[]): Promise<{ status: number | null; output: string }> {
    const child = spawn(process.execPath, parameters, {
      cwd: this.#copy,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    let output = '';
    this.#running = child;
    let timer = setTimeout(() => this.#kill(), 1000 * limit);
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      const hadFailed = failure.test(output);
      output += piece;
      if (hadFailed || !failure.test(output)) return;
      clearTimeout(timer);
      timer = setTimeout(() => this.#kill(), 1000 * afterFailure);
    });
    const closed = once(child, 'close');
    const [status] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    this.#running = undefined;
    // What has left its group may keep the pipe for good.
    await Promise.race([closed, pause(1000, undefined, { ref: false })]);
    return { status, output };
  }

  /** Ends what runs, with all that it has started. */
  #kill(): void {
    if (this.#running?.pid !== undefined) process.kill(-this.#running.pid, 'SIGKILL');
  }

  [Symbol.dispose](): void {
    this.#kill();
    rmSync(this.#copy, { recursive: true, force: true });
  }
}

/** Gives a file another content until it is disposed. */
function replaced(path: string, change: (before: string) => string): Disposable {
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, change(before));
  return { [Symbol.dispose]: () => writeFileSync(path, before) };
}

/** As the compiler does, without its checks: of one file in a blink. */
function compile(source: string): string {
  const compilerOptions = { verbatimModuleSyntax: true, useDefineForClassFields: true };
  return transformSync(source, { loader: 'ts', format: 'esm', target: 'es2022', tsconfigRaw: { compilerOptions } })
    .code;
}

/** Whether the tests of a file run what is in dist/. */
function needsProduct(test: string): boolean {
  return test.startsWith('integration/') && !test.startsWith('integration/images/');
}

/** The names of tests that failed; a test that failed for those within it has told theirs before. */
function failedIn(output: string): string[] {
  const names = [...output.matchAll(/^\s*✖ (.+) \([\d.]+ms\)/gm)].map(([, name = '']) => name);
  return [...new Set(names)];
}
