import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { VarlinkClient } from '../../varlink/index.js';
import { attempt } from '../support/command.js';
import { clientProgram, serviceProgram } from '../support/service/ferry-host.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';
import { median } from './report.js';

// Measures how long a list of many images takes, and how long a Ping takes beside it: see docs/benchmarks.md.

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '7' }, images: { type: 'string', default: '20000' } },
});
const [runs, count] = [Number(values.runs), Number(values.images)];
const place = temporaryDirectory();
const environment = { PATH: process.env['PATH'], HOME: place.path, LANG: 'C.UTF-8', SYSTEMD_EXIT_ON_IDLE: '0' };

function makeImages(form: 'disks' | 'trees'): string {
  const root = place.file(form);
  mkdirSync(root);
  for (let index = 0; index < count; index++) {
    const path = join(root, `image-${index}`);
    if (form === 'trees') mkdirSync(path);
    else writeFileSync(`${path}.raw`, 'x');
  }
  return root;
}

async function startService(): Promise<{ address: string; child: ChildProcess }> {
  const socket = place.file('socket');
  const child = spawn(process.execPath, [serviceProgram, `--listen=${socket}`], { stdio: 'ignore', env: environment });
  const asked = [clientProgram, `--address=${socket}`, 'list-transfers'];
  while (attempt(process.execPath, asked).status !== 0);
  return { address: `unix:${socket}`, child };
}

/** Pings one after the other until it is told to stop, and gives back how long each took, in milliseconds. */
async function pingUntil(isOver: () => boolean, address: string): Promise<number[]> {
  using client = await VarlinkClient.connect(address);
  const taken: number[] = [];
  while (!isOver()) {
    const start = performance.now();
    await client.call('io.systemd.service.Ping');
    taken.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return taken;
}

interface Sample {
  readonly wall: number;
  readonly pings: readonly number[];
}

async function sample(address: string, parameters: readonly string[]): Promise<Sample> {
  let over = false;
  const pinging = pingUntil(() => over, address);
  const start = performance.now();
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const child = spawn(process.execPath, [clientProgram, `--address=${address}`, ...parameters], {
    stdio: [...stdio],
    env: environment,
  });
  const [status] = await once(child, 'exit');
  const wall = performance.now() - start;
  over = true;
  if (status !== 0) throw new Error(`${parameters.join(' ')} ended with ${status}`);
  return { wall, pings: await pinging };
}

async function measure(address: string, name: string, parameters: readonly string[]): Promise<void> {
  await sample(address, parameters);
  const samples: Sample[] = [];
  for (let run = 0; run < runs; run++) samples.push(await sample(address, parameters));
  const walls = samples.map(({ wall }) => wall);
  const longest = Math.max(...samples.flatMap(({ pings }) => pings));
  const [least, middle] = [Math.min(...walls).toFixed(0), median(walls).toFixed(0)];
  console.log(
    `${name.padEnd(32)} ${middle.padStart(5)} ms, least ${least.padStart(5)}; longest Ping ${longest.toFixed(0)} ms`,
  );
}

async function main(): Promise<void> {
  const { address, child } = await startService();
  try {
    await measure(address, 'list-images, no images', [`--image-root=${place.path}`, 'list-images']);
    for (const form of ['disks', 'trees'] as const) {
      const root = makeImages(form);
      const list = [`--image-root=${root}`, 'list-images'];
      await measure(address, `${count} ${form}, table`, list);
      await measure(address, `${count} ${form}, JSON`, [...list, '--json=short']);
      removeTree(root);
    }
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

try {
  await main();
} finally {
  await place[Symbol.asyncDispose]();
}
