import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { coverageOf } from './support/coverage.js';
import './support/programs.js';
import { SkipList } from './support/skips.js';
import { TallySheet } from './support/tally.js';
import { removeStaleDirectories } from './support/temporary.js';

// npm test [-- [--coverage] [--only=NAME] PATTERN…]: runs the test files whose path below test/ contains one of the patterns,
// or all; with a name, only the tests that have it in theirs.
const here = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals } = parseArgs({
  options: { coverage: { type: 'boolean' }, only: { type: 'string' } },
  allowPositionals: true,
});

/** Guards against what hangs alone: the first file that needs the fixtures makes them, and a busy machine takes ten times as long. */
const fileTimeoutMs = 30 * 60 * 1000;
/** Whose coverage is reported. */
const measured = ['linux', 'common', 'varlink', 'service', 'client'].map((folder) => join(here, '..', folder));
const coverageFlag = '--experimental-test-coverage';

if (values.coverage && !process.execArgv.includes(coverageFlag)) {
  const again = spawnSync(process.execPath, [coverageFlag, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}
await runTests(testFiles(positionals));

function testFiles(patterns: readonly string[]): string[] {
  const wanted = patterns.map((pattern) => pattern.replace(/^test\/|\.ts$/g, ''));
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(unit|integration|fuzz|corpus)\/.*\.test\.js$/.test(path))
    .filter((path) => wanted.length === 0 || wanted.some((pattern) => path.includes(pattern)))
    .sort()
    .map((path) => join(here, path));
}

async function runTests(files: string[]): Promise<void> {
  if (files.length === 0) {
    console.error(`No test file below ${here} matches ${positionals.join(' ') || '*.test.js'}`);
    process.exit(1);
  }
  removeStaleDirectories();
  process.execArgv.push('--enable-source-maps');
  // Node parses all certificates that this names at every start, of which there are thousands here; each then takes thrice as long.
  delete process.env['NODE_EXTRA_CA_CERTS'];
  const skips = new SkipList((path) => path.replace(/^.*\/test\//, ''));
  const counts = new TallySheet();
  counts.open();
  const named = values.only === undefined ? {} : { testNamePatterns: [values.only.replace(/[^\w\s]/g, '\\$&')] };
  const events = run({ files, concurrency: 2, timeout: fileTimeoutMs, ...named });
  events.on('test:fail', () => {
    process.exitCode = 1;
  });
  events.on('test:start', (event) => skips.begin(event));
  events.on('test:pass', (event) => skips.note(event));
  await pipeline(events, coverageOf(measured), new spec(), process.stdout, { end: false });
  close(skips, counts);
}

function close(skips: SkipList, counts: TallySheet): void {
  removeStaleDirectories();
  process.stdout.write(counts.close());
  process.stdout.write(skips.summary());
  if (process.env['FERRY_TEST_ALL'] === '1' && skips.length > 0) {
    process.stdout.write('FERRY_TEST_ALL=1 is set, so a skipped test is a failure.\n');
    process.exitCode = 1;
  }
}
