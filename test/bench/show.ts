import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ImageClient } from '../../interfaces/generated/io.ferry.Image.generated.js';
import { CountHelper } from '../../service/images/details/count-helper.js';
import { countTree } from '../../service/images/details/count-tree.js';
import { VarlinkClient } from '../../varlink/index.js';
import { run } from '../support/command.js';
import { type FerryHost, ferryHost } from '../support/service/ferry-host.js';

// Measures how long `ferryctl show` takes for a tree of 60,000 files, beside du(1): see docs/benchmarks.md.

const rounds = 11;
const directories = 600;
const filesInDirectory = 100;
/** How long a service that has nothing to do needs for its next spare process, in milliseconds, with some to spare. */
const settlingMs = 600;

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

function count(path: string, helper?: CountHelper): void {
  const root = openSync(path, 'r');
  countTree(root, () => undefined, helper);
  closeSync(root);
}

async function ferryctl(host: FerryHost, ...parameters: string[]): Promise<void> {
  const { status, stderr } = await host.ferryctl(parameters);
  if (status !== 0) throw new Error(stderr);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await using host = await ferryHost(undefined);
const tree = join(host.imageRoot, 'tree');
makeTree(tree);
mkdirSync(join(host.imageRoot, 'empty'));

using connection = await VarlinkClient.connect(`unix:${host.socket}`);
const images = new ImageClient(connection);
const ofTree = { name: 'tree', class: 'machine', imageRoot: host.imageRoot } as const;

const helper = new CountHelper(join(import.meta.dirname, '../../service/processes/count-thread.js'));
const sides: Readonly<Record<string, () => unknown>> = {
  du: () => run('du', ['--summarize', tree]),
  'the count alone': () => count(tree),
  'the count, two threads': () => count(tree, helper),
  'show, counting': () => ferryctl(host, 'show', '--recount', 'tree'),
  'Show, counting, called over a connection': () => images.show({ ...ofTree, recount: true }),
  'show, again': () => ferryctl(host, 'show', 'tree'),
  'show, of an empty tree': () => ferryctl(host, 'show', '--recount', 'empty'),
  df: () => ferryctl(host, 'df', '--class=machine'),
  'list-images': () => ferryctl(host, 'list-images'),
};
const times = new Map(Object.keys(sides).map((name) => [name, [] as number[]]));
for (const side of Object.values(sides)) for (let warmUp = 0; warmUp < 2; warmUp++) await side();
for (let round = 0; round < rounds; round++)
  for (const [name, side] of Object.entries(sides)) {
    await pause(settlingMs);
    times.get(name)?.push(await milliseconds(side));
  }

const ofDu = times.get('du') ?? [];
console.log(
  `${directories * filesInDirectory} files, medians of ${rounds} rounds, and of the ratio to du in each round`,
);
for (const [name, values] of times) {
  const ratios = values.map((value, round) => value / (ofDu[round] ?? Number.NaN));
  console.log(`${name.padEnd(42)} ${median(values).toFixed(0).padStart(5)} ms  ${median(ratios).toFixed(2)}`);
}
