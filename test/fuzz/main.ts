import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { inspect, parseArgs } from 'node:util';
import { projectFile } from '../support/project.js';
import { tally } from '../support/tally.js';
import type { Finding } from './fuzzer.js';
import { keepSeeds, keptSeeds } from './seeds.js';
import { startWatchdog } from './watchdog.js';

// npm run fuzz -- --target=NAME [--seconds=60] [--seed=1] [--keep]: looks for inputs that a target fails at. Those go to
// build/fuzz/. With --keep, the inputs that together take all branches replace the ones in test/fuzz/seeds/.

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
/** Of a whole process, in bytes; what is fuzzed has to do with less. */
const memoryMax = 300 * 1024 * 1024;
const findingsMax = 20;
/** Made for the first finding, so that a project that cannot be written to can be fuzzed. */
const findings = projectFile('build', 'fuzz');

const points = new Int32Array(new SharedArrayBuffer(4));
register('./hooks.js', import.meta.url, { data: points });
const { Fuzzer } = await import('./fuzzer.js');
const { targetNamed } = await import('./targets/all.js');
Error.stackTraceLimit = 0;
await main();

async function main(): Promise<void> {
  const target = await targetNamed(values.target ?? '');
  const watchdog = startWatchdog(`${findings}/${target.name}-hang`);
  const fuzzer = new Fuzzer(target, Number(values.seed), points[0], watchdog);
  for (const seed of [...keptSeeds(target.name), ...target.seeds()]) fuzzer.try(seed);
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  while (seconds() < Number(values.seconds) && fuzzer.findings.length < findingsMax) fuzzer.step(500);
  const rate = Math.round(fuzzer.executions / seconds());
  const memory = process.resourceUsage().maxRSS * 1024;
  const { executions, branches, corpus } = fuzzer;
  console.log(
    `${target.name}: ${executions} executions in ${Math.round(seconds())} s (${rate} a second), ${branches} of ${points[0]} branches, ${corpus.length} inputs that led to new ones, ${memory >> 20} MiB, ${fuzzer.findings.length} findings`,
  );
  tally('fuzz executions', executions);
  for (const finding of fuzzer.findings) report(target.name, finding);
  if (memory > memoryMax) console.log(`More than ${memoryMax >> 20} MiB of memory were needed`);
  if (fuzzer.findings.length > 0 || memory > memoryMax) process.exitCode = 1;
  if (values.keep) keepSeeds(target.name, fuzzer.essence());
}

function report(target: string, { input, error }: Finding): void {
  const path = `${findings}/${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
  console.log(`\n${path} (${input.length} bytes): ${inspect(error)}`);
  mkdirSync(findings, { recursive: true });
  writeFileSync(path, input);
}
