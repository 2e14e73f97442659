import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { callers } from './mutants/callers.js';
import { containers } from './mutants/containers.js';
import { downloads } from './mutants/downloads.js';
import { hosts } from './mutants/hosts.js';
import { images } from './mutants/images.js';
import { tryInMachine } from './mutants/in-machine.js';
import { isolation } from './mutants/isolation.js';
import { machine } from './mutants/machine.js';
import type { Applied, Mutant } from './mutants/mutant.js';
import { signatures } from './mutants/signatures.js';
import { type Outcome, Workshop } from './mutants/workshop.js';

// Makes one mistake after another in lines that protect data or hosts, in copies of the project, and looks whether the
// test that is named for it notices: npm run mutants [-- --check] [--machine] [WORD…]. With words, only mutants with one of
// them in description, text or test; with --check, only whether each still applies; with --machine, those that stories of the
// test machine have to notice, there.

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean' }, machine: { type: 'boolean' } },
  allowPositionals: true,
});
/** Where the product is. */
const folders = ['linux', 'common', 'varlink', 'service', 'client', 'units'];
/** How many are tried at a time, each in a copy of its own: as many as test files run at a time. */
const copies = 2;

interface Tried extends Applied {
  readonly outcome: Outcome;
}

const begun = performance.now();
const sources = new Map(
  ['install.sh', ...folders.flatMap(filesBelow)].map((file) => [file, readFileSync(file, 'utf8')]),
);
const tests = filesBelow('test')
  .filter((file) => /\.test\.ts$|^test\/machine\/.*\/\d+-.*\.sh$/.test(file))
  .map((file) => file.replace(/^test\//, ''));
const ofTests = [...downloads, ...containers, ...images, ...callers, ...hosts, ...isolation, ...signatures];
const all = values.check ? [...ofTests, ...machine] : values.machine ? machine : ofTests;
const wanted = all.filter(isWanted);
const lost = wanted.flatMap((mutant) =>
  problemsOf(mutant).map((problem) => `does not apply: ${mutant.what}: ${problem}`),
);
for (const line of lost) console.log(line);
const applied: Applied[] = wanted.flatMap((mutant) => {
  const [file] = filesWith(mutant.search);
  return file === undefined || problemsOf(mutant).length > 0 ? [] : [{ mutant, file }];
});
if (values.machine && !values.check) process.exit(await tryInMachine(applied));
const tried = values.check ? [] : await tryAll(applied);
const survivors = tried.filter(({ outcome }) => outcome.passed);
const seconds = Math.round((performance.now() - begun) / 1000);
console.log(`${applied.length} mutants apply, ${lost.length} do not`);
if (!values.check) console.log(`${tried.length} were tried, ${survivors.length} survived; it took ${seconds} s`);
for (const { mutant, file } of survivors) console.log(`survived: ${mutant.what} (${file})`);
if (lost.length + survivors.length > 0) process.exitCode = 1;

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isWanted({ what, search, test }: Mutant): boolean {
  return positionals.length === 0 || positionals.some((word) => [what, search, test].join('\n').includes(word));
}

/** Why a mutant cannot be tried as it is. */
function problemsOf({ search, replacement, test }: Mutant): string[] {
  const places = filesWith(search).length;
  return [
    ...(places === 1 ? [] : [`its text is in ${places} places`]),
    ...(search === replacement ? ['it changes nothing'] : []),
    ...(tests.some((file) => file.startsWith(test)) ? [] : [`there is no test or story test/${test}…`]),
  ];
}

/** Each file as often as it holds the text. */
function filesWith(search: string): string[] {
  return [...sources].flatMap(([file, text]) => Array<string>(text.split(search).length - 1).fill(file));
}

async function tryAll(mutants: readonly Applied[]): Promise<Tried[]> {
  const workshops = Array.from({ length: copies }, () => new Workshop());
  const leave = () => {
    for (const workshop of workshops) workshop[Symbol.dispose]();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      leave();
      process.exit(1);
    });
  }
  try {
    const usual = await usualTimes(workshops, mutants);
    const tries = await withEach(workshops, mutants, async (workshop, { mutant, file }) => {
      const needed = usual.get(runOf(mutant));
      if (needed === undefined) return [];
      const outcome = await workshop.try(mutant, file, needed);
      console.log(lineOf({ mutant, file, outcome }));
      return [{ mutant, file, outcome }];
    });
    return tries.flat();
  } finally {
    leave();
  }
}

/** How long tests take as the project is, in seconds; without those that fail: they would notice everything. */
async function usualTimes(workshops: readonly Workshop[], mutants: readonly Applied[]): Promise<Map<string, number>> {
  const runs = new Map(mutants.map(({ mutant }) => [runOf(mutant), mutant]));
  const times = await withEach(workshops, [...runs], async (workshop, [run, { test, only }]) => {
    const { passed, ran, output, seconds: needed } = await workshop.test(test, only);
    if (passed && ran) return [[run, needed] as const];
    console.log(`${run} ${ran ? 'fails without a mistake' : 'runs no test here'}, and can notice nothing\n${output}`);
    process.exitCode = 1;
    return [];
  });
  return new Map(times.flat());
}

function runOf({ test, only }: Mutant): string {
  return only === undefined ? test : `${test}, '${only}'`;
}

/** Does something with every item, in as many workshops at a time as there are. */
async function withEach<Item, Result>(
  workshops: readonly Workshop[],
  items: readonly Item[],
  action: (workshop: Workshop, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const left = [...items];
  const work = async (workshop: Workshop) => {
    const results: Result[] = [];
    for (let item = left.shift(); item !== undefined; item = left.shift()) results.push(await action(workshop, item));
    return results;
  };
  return (await Promise.all(workshops.map(work))).flat();
}

function lineOf({ mutant, file, outcome }: Tried): string {
  const { passed, failed, seconds: needed } = outcome;
  const by = passed ? '' : ` by ${failed[0] ?? 'nothing but the end of its time'}`;
  return `${passed ? 'SURVIVED' : 'caught'} in ${needed.toFixed(1)} s: ${mutant.what} (${file})${by}`;
}
