import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { run, shell } from '../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../support/filesystems.js';
import { lacking } from '../support/needs.js';
import { nginx } from '../support/nginx.js';
import { projectFile } from '../support/project.js';
import { clientProgram } from '../support/service.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';
import { machine, type RowResult, table } from './report.js';
import { type Row, rows } from './rows.js';
import { type Errand, type Measurement, measure, type Side } from './sides.js';

// Measures Ferry and systemd's own helper in turn, on the same files from the same server: see docs/testing.md.

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    rows: { type: 'string', default: '' },
    filesystem: { type: 'string', multiple: true },
    'peer-libraries': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

const sides: readonly Side[] = ['ferry', 'systemd'];
const runs = Number(values.runs ?? (values.quick ? 1 : 5));
const filesystems = values.filesystem ?? (values.quick ? ['host'] : ['host', 'btrfs']);
const chosen = rows.filter((row) => row.name.includes(values.rows) && (row.quick || !values.quick));
/** Room for what both sides unpack of one row, and their temporary files. */
const filesystemMiB = 8192;

const reason = lacking({ ...filesystemNeeds('btrfs'), files: [clientProgram] });
if (reason !== undefined) {
  console.error(`The benchmark ${reason}`);
  process.exit(1);
}
await main();

async function main(): Promise<void> {
  const files = run(projectFile('test', 'support', 'fixtures.sh'), ['benchmark']).trim();
  await using server = await nginx(undefined, files);
  const results: RowResult[] = [];
  for (const filesystem of filesystems) results.push(...(await measureOn(filesystem, server.url, files)));
  const json = values.json ?? projectFile('build', 'benchmark.json');
  writeFileSync(json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
  console.log(`\n${table(results)}\n\nMedians of ${runs}, Ferry / systemd. All figures are in ${json}`);
}

async function measureOn(filesystem: string, url: string, files: string): Promise<RowResult[]> {
  await using place =
    filesystem === 'host' ? temporaryDirectory() : mountedFilesystem(undefined, 'btrfs', filesystemMiB);
  return chosen.map((row) => {
    // Both sides find the file in the page cache.
    shell('cat "$1" >/dev/null', [`${files}/${row.file}`]);
    return measureRow(row, filesystem, url, place.path);
  });
}

function measureRow(row: Row, filesystem: string, url: string, place: string): RowResult {
  const measurements: Record<Side, Measurement[]> = { ferry: [], systemd: [] };
  for (let index = 0; index < runs; index += 1) {
    for (const side of sides) measurements[side].push(measureOnce(side, row, url, `${place}/run`));
  }
  const result = { row: row.name, filesystem, runs: measurements };
  console.log(table([result]).split('\n')[1]);
  return result;
}

function measureOnce(side: Side, row: Row, url: string, directory: string): Measurement {
  mkdirSync(directory);
  const errand: Errand = { row, url, directory, samePeerLibraries: values['peer-libraries'] };
  try {
    return measure(side, errand);
  } finally {
    removeTree(directory);
    // What one side has left to be written must not burden the other.
    run('sync', []);
  }
}
