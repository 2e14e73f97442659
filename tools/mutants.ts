import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { transformSync } from 'esbuild';
import { callers } from './mutants/callers.js';
import { downloads } from './mutants/downloads.js';
import { images } from './mutants/images.js';
import type { Mutant } from './mutants/mutant.js';

// Makes one mistake after another in lines that protect data or hosts, in a copy of the project, and looks whether a
// test notices: npm run mutants [-- --check] [WORD…]. With words, only mutants with one of them in description, text or tests;
// with --check, only whether each still applies and its tests are there.

const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
/** How long the tests of one mutant may take, in milliseconds: one that hangs is noticed. */
const timeLimit = 10 * 60 * 1000;
const folders = ['linux', 'common', 'varlink', 'service', 'client'];

interface Applied {
  readonly mutant: Mutant;
  readonly file: string;
}

const wanted = [...downloads, ...images, ...callers].filter(
  ({ what, search, tests }) =>
    positionals.length === 0 || positionals.some((word) => [what, search, ...tests].join('\n').includes(word)),
);
const sources = new Map(folders.flatMap(sourcesBelow).map((file) => [file, readFileSync(file, 'utf8')]));
const placed = wanted.map((mutant) => ({ mutant, found: filesWith(mutant.search) }));
const lost = placed.filter(({ found }) => found.length !== 1);
for (const { mutant, found } of lost) console.log(`does not apply (${found.length} places): ${mutant.what}`);
const testFiles = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.test.ts'),
);
const unknown = wanted.flatMap(({ tests }) => tests.filter((test) => !testFiles.some((file) => file.includes(test))));
for (const test of new Set(unknown)) console.log(`names tests that are not there: ${test}`);
const applied: Applied[] = placed.flatMap(({ mutant, found: [file, ...rest] }) =>
  file === undefined || rest.length > 0 ? [] : [{ mutant, file }],
);
const survivors = values.check ? [] : tryAll(applied);
console.log(`${applied.length} mutants apply, ${lost.length} do not, ${survivors.length} survived`);
for (const { mutant, file } of survivors) console.log(`survived: ${mutant.what} (${file})`);
process.exitCode = lost.length + unknown.length + survivors.length > 0 ? 1 : 0;

function sourcesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

/** Each file as often as it holds the text. */
function filesWith(search: string): string[] {
  return [...sources].flatMap(([file, text]) => Array<string>(text.split(search).length - 1).fill(file));
}

function tryAll(mutants: readonly Applied[]): Applied[] {
  const copy = mkdtempSync(join(tmpdir(), 'ferry-mutants-'));
  try {
    prepare(copy, mutants);
    return mutants.filter((one) => survives(copy, one));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Copies the project, and makes sure that its tests pass as it is: what fails anyway would notice everything. */
function prepare(copy: string, mutants: readonly Applied[]): void {
  const left = ['node_modules', 'build', 'dist', '.git'];
  cpSync('.', copy, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  run(copy, 'npm', ['run', '-s', 'build'], true);
  const tests = [...new Set(mutants.flatMap((one) => one.mutant.tests))];
  run(copy, process.execPath, ['build/test/run.js', ...tests], true);
}

/** @returns whether it succeeded */
function run(directory: string, program: string, parameters: readonly string[], isDemanded: boolean): boolean {
  const options = { cwd: directory, encoding: 'utf8', timeout: timeLimit, maxBuffer: 1 << 28 } as const;
  const { status, stdout, stderr } = spawnSync(program, parameters, options);
  if (isDemanded && status !== 0) throw new Error(`${program} ${parameters.join(' ')} fails\n${stdout}${stderr}`);
  return status === 0;
}

function survives(copy: string, { mutant, file }: Applied): boolean {
  const source = join(copy, file);
  const compiled = join(copy, 'build', file.replace(/\.ts$/, '.js'));
  const before = [readFileSync(source, 'utf8'), readFileSync(compiled, 'utf8')] as const;
  const changed = before[0].replace(mutant.search, () => mutant.replacement);
  writeFileSync(source, changed);
  writeFileSync(compiled, compile(changed));
  if (mutant.tests.some(needsProduct)) run(copy, process.execPath, ['build/tools/bundle.js'], true);
  const survived = run(copy, process.execPath, ['build/test/run.js', ...mutant.tests], false);
  console.log(`${survived ? 'SURVIVED' : 'caught'}: ${mutant.what} (${file})`);
  writeFileSync(source, before[0]);
  writeFileSync(compiled, before[1]);
  return survived;
}

function compile(text: string): string {
  const compilerOptions = { verbatimModuleSyntax: true, useDefineForClassFields: true };
  return transformSync(text, { loader: 'ts', format: 'esm', target: 'es2022', tsconfigRaw: { compilerOptions } }).code;
}

function needsProduct(test: string): boolean {
  return test.startsWith('integration/') && !test.startsWith('integration/store');
}
