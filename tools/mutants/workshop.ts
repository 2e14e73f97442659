import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { transformSync } from 'esbuild';
import type { Mutant } from './mutant.js';

/** How long the tests of one mutant may take, in milliseconds: one that hangs is noticed. */
const timeLimit = 10 * 60 * 1000;

/** How a run of tests ended. */
export interface Outcome {
  readonly passed: boolean;
  /** The tests that failed. */
  readonly failed: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

/** A copy of the compiled project, in which one file at a time is another. */
export class Workshop implements Disposable {
  readonly #copy = mkdtempSync(join(tmpdir(), 'ferry-mutants-'));

  constructor() {
    const left = ['node_modules', '.git'];
    cpSync('.', this.#copy, { recursive: true, filter: (path) => !left.includes(path) });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.#copy, 'node_modules'));
  }

  /** Runs the mutant's tests while its file holds the mistake. */
  async try({ search, replacement, test, only }: Mutant, file: string): Promise<Outcome> {
    const changed = (before: string) => before.replace(search, () => replacement);
    const source = join(this.#copy, file);
    using _source = replaced(source, changed);
    if (!file.endsWith('.ts')) return await this.test(test, only);
    const code = compile(readFileSync(source, 'utf8'));
    using _compiled = replaced(join(this.#copy, 'build', file.replace(/\.ts$/, '.js')), () => code);
    return await this.test(test, only);
  }

  /** Runs a test file, or only the tests in it with this in their names. */
  async test(test: string, only: string | undefined): Promise<Outcome> {
    const begun = performance.now();
    if (needsProduct(test)) {
      const { status, output } = await this.#run('build/tools/bundle.js');
      if (status !== 0) throw new Error(`the product cannot be made\n${output}`);
    }
    const named = only === undefined ? [] : [`--only=${only}`];
    const { status, output } = await this.#run('build/test/run.js', ...named, `${test}.test.js`);
    return { passed: status === 0, failed: failedIn(output), output, seconds: (performance.now() - begun) / 1000 };
  }

  async #run(...parameters: string[]): Promise<{ status: number | null; output: string }> {
    const child = spawn(process.execPath, parameters, {
      cwd: this.#copy,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    // With all that it has started.
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), timeLimit);
    const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject));
    const output = await text(child.stdout);
    clearTimeout(timer);
    return { status: await ended, output };
  }

  [Symbol.dispose](): void {
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
