import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countTree } from '../../service/images/details/count-tree.js';
import { run } from '../support/command.js';
import { type FerryHost, ferryHost } from '../support/service/ferry-host.js';

// Measures how long `ferryctl show` takes for a tree of 60,000 files, beside du(1): see docs/benchmarks.md.

const rounds = 11;
const directories = 600;
const filesInDirectory = 100;

function makeTree(path: string): void {
  const content = Buffer.alloc(100, 1);
  for (let directory = 0; directory < directories; directory++) {
    const place = join(path, `group-${directory % 30}`, `directory-${directory}`);
    mkdirSync(place, { recursive: true });
    for (let file = 0; file < filesInDirectory; file++) writeFileSync(join(place, `file-${file}`), content);
  }
}

async function milliseconds(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

function count(path: string): void {
  const root = openSync(path, 'r');
  countTree(root, () => undefined);
  closeSync(root);
}

async function show(host: FerryHost, ...parameters: string[]): Promise<void> {
  const { status, stderr } = await host.ferryctl(['show', ...parameters]);
  if (status !== 0) throw new Error(stderr);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await using host = await ferryHost(undefined);
const tree = join(host.imageRoot, 'tree');
makeTree(tree);
mkdirSync(join(host.imageRoot, 'empty'));

const sides: Readonly<Record<string, () => unknown>> = {
  du: () => run('du', ['--summarize', tree]),
  'the count alone': () => count(tree),
  'show, counting': () => show(host, '--recount', 'tree'),
  'show, again': () => show(host, 'tree'),
  'show, of an empty tree': () => show(host, '--recount', 'empty'),
};
const times = new Map(Object.keys(sides).map((name) => [name, [] as number[]]));
for (const side of Object.values(sides)) for (let warmUp = 0; warmUp < 2; warmUp++) await side();
for (let round = 0; round < rounds; round++)
  for (const [name, side] of Object.entries(sides)) times.get(name)?.push(await milliseconds(side));

const ofDu = times.get('du') ?? [];
console.log(
  `${directories * filesInDirectory} files, medians of ${rounds} rounds, and of the ratio to du in each round`,
);
for (const [name, values] of times) {
  const ratios = values.map((value, round) => value / (ofDu[round] ?? Number.NaN));
  console.log(`${name.padEnd(24)} ${median(values).toFixed(0).padStart(5)} ms  ${median(ratios).toFixed(2)}`);
}
