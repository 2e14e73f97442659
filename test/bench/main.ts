import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run, shell } from '../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../support/images/filesystems.js';
import { lacking } from '../support/needs.js';
import { projectFile } from '../support/project.js';
import { dockerRegistry } from '../support/registry/docker-registry.js';
import { nginx } from '../support/servers/nginx.js';
import { clientProgram } from '../support/service/ferry-host.js';
import { temporaryDirectory } from '../support/temporary.js';
import { chart } from './chart.js';
import { publishImage } from './container.js';
import { allocatedBytes, canUsePeerLibraries, coderSeconds, diskSeconds } from './limits.js';
import { machine } from './machine.js';
import { inEmptyDirectory } from './place.js';
import { cells, type Filesystem, median, plainTable, type RowResult } from './report.js';
import { earlier, type Results, text, write, writeMarkdown } from './results.js';
import { type Row, rows } from './rows.js';
import { type Errand, type Measurement, madeDirectory, measure, type Side } from './sides.js';
import { Sources } from './sources.js';

// Measures Ferry and systemd's own helpers in turn, on the same files: see docs/benchmarks.md.

const { values } = parseArgs({
  allowNegative: true,
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    rows: { type: 'string', default: '' },
    filesystem: { type: 'string', multiple: true },
    'peer-libraries': { type: 'boolean', default: true },
    json: { type: 'string', default: projectFile('build', 'benchmark.json') },
    add: { type: 'boolean', default: false },
    markdown: { type: 'string' },
    chart: { type: 'boolean', default: false },
  },
});

const sides: readonly Side[] = ['ferry', 'systemd'];
const runs = Number(values.runs ?? (values.quick ? 1 : 5));
const filesystems = (values.filesystem ?? (values.quick ? ['ext4'] : ['ext4', 'btrfs'])) as Filesystem[];
const chosen = rows.filter((row) => row.name.includes(values.rows));
/** Room for the sources, and for what a side unpacks of one row. */
const filesystemMiB = 8192;
/** The limits vary less than the sides. */
const limitRuns = Math.min(runs, 3);

const page = projectFile('docs', 'benchmarks.md');
if (values.chart) {
  writeFileSync(projectFile('docs', 'benchmarks.svg'), chart(readFileSync(page, 'utf8')));
  process.exit();
}
const reason = lacking({ ...filesystemNeeds('btrfs'), files: [clientProgram] });
if (reason !== undefined) {
  console.error(`The benchmark ${reason}`);
  process.exit(1);
}
const peerLibraries = values['peer-libraries'] && canUsePeerLibraries();
await main();

async function main(): Promise<void> {
  const fixture = values.quick ? 'quick' : 'benchmark';
  const files = run(projectFile('test', 'support', 'images', 'fixtures.sh'), [fixture]).trim();
  await using server = await nginx(undefined, files);
  await using registry = await dockerRegistry();
  if (chosen.some(({ work }) => work.kind === 'pull-oci')) await publishImage(files, registry.host);
  const isMeasured = (row: string, filesystem: string) =>
    chosen.some(({ name }) => name === row) && filesystems.some((name) => name === filesystem);
  const measured: RowResult[] = values.add ? [...earlier(values.json, isMeasured)] : [];
  for (const filesystem of filesystems)
    measured.push(...(await measureOn(filesystem, { url: server.url, registry: registry.host, files })));
  const results: Results = { machine: machine(peerLibraries), rows: measured };
  write(values.json, results);
  if (values.markdown !== undefined) writeMarkdown(values.markdown, results);
  console.log(`\n${text(results)}\n\nMedians of ${runs}, Ferry / systemd. All figures are in ${values.json}`);
}

type Served = Pick<Errand, 'url' | 'registry' | 'files'>;

async function measureOn(filesystem: Filesystem, served: Served): Promise<RowResult[]> {
  await using place =
    filesystem === 'ext4' ? temporaryDirectory() : mountedFilesystem(undefined, filesystem, filesystemMiB);
  const sourceDirectory = join(place.path, 'sources');
  mkdirSync(sourceDirectory);
  const shared = { ...served, sources: new Sources(sourceDirectory, served.files), directory: join(place.path, 'run') };
  return chosen.map((row) => measureRow(row, filesystem, shared));
}

type Shared = Served & Pick<Errand, 'sources' | 'directory'>;

function measureRow(row: Row, filesystem: Filesystem, shared: Shared): RowResult {
  warm(row, shared);
  const found: Record<Side, Measurement[]> = { ferry: [], systemd: [] };
  let bytes = 0;
  for (let index = 0; index < runs; index += 1) {
    for (const side of sides) {
      const errand: Errand = { ...shared, work: row.work, peerLibraries, sampleMemory: index === 0 };
      const once = () =>
        inEmptyDirectory(filesystem, shared.directory, () => {
          const measurement = measure(side, errand);
          if (side === 'ferry') bytes = allocatedBytes(madeDirectory(errand));
          return measurement;
        });
      found[side].push(side === 'ferry' ? once() : fewTimesAtMost(once));
    }
  }
  const limits = measureLimits(row, filesystem, shared, bytes);
  const result = { row: row.name, filesystem, date: new Date().toISOString(), runs: found, ...limits };
  console.log(plainTable([cells(result, row)]).split('\n')[1]);
  return result;
}

/** systemd's helper fails now and then ("Failed to write file: Broken pipe"); that should not end a benchmark of an hour. */
function fewTimesAtMost<Value>(action: () => Value, left = 5): Value {
  try {
    return action();
  } catch (error) {
    if (left === 1) throw error;
    console.error(`${error}\nOnce more:`);
    return fewTimesAtMost(action, left - 1);
  }
}

/** Both sides find what they read in the page cache. */
function warm({ work }: Row, { files, sources }: Shared): void {
  if (work.kind === 'pull-oci') return;
  const path = 'source' in work ? sources.path(work.source) : join(files, work.file);
  shell('tar -cf - "$1" 2>/dev/null | cat >/dev/null', [path]);
}

function measureLimits(row: Row, filesystem: Filesystem, shared: Shared, bytes: number) {
  const { coder } = row;
  const several = (measureOnce: () => number) =>
    median(Array.from({ length: limitRuns }, () => inEmptyDirectory(filesystem, shared.directory, measureOnce)));
  const input = coder === undefined ? '' : shared.sources.input(coder);
  const written = Math.round(row.work.kind === 'again' ? bytes / 3 : bytes);
  const data = join(shared.files, 'debian.tar');
  const isShared = row.shares === true && filesystem === 'btrfs';
  return {
    coderSeconds:
      coder === undefined ? null : several(() => coderSeconds(coder, input, shared.directory, peerLibraries)),
    diskSeconds: isShared ? null : several(() => diskSeconds(written, data, shared.directory)),
  };
}
