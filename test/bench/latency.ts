import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attempt } from '../support/command.js';
import { projectRoot } from '../support/project.js';
import { clientProgram, serviceProgram } from '../support/service/ferry-host.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';
import { median } from './report.js';
import { peerProgram } from './sides.js';

// Measures how long starts take, and prints when which process of a pull began: see docs/benchmarks.md.

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);
const image = Buffer.alloc(1024, 'image');
const place = temporaryDirectory();
const environment = { PATH: process.env['PATH'], HOME: place.path, LANG: 'C.UTF-8' };

/** When the image was asked for, on the clock of performance.now(). */
let requestedAt = 0;

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    requestedAt ||= performance.now();
    response.statusCode = request.url === '/image.raw' ? 200 : 404;
    response.end(response.statusCode === 200 ? image : '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Milliseconds from a program's start to its end, and to the first request of the image. */
async function clocked(program: string, parameters: readonly string[]): Promise<{ ended: number; requested: number }> {
  requestedAt = 0;
  const start = performance.now();
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment,
    cwd: projectRoot,
  });
  const [status] = await once(child, 'exit');
  const ended = performance.now() - start;
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${status}`);
  return { ended, requested: requestedAt - start };
}

const ferryctl = (...parameters: string[]) => [clientProgram, ...parameters];

async function startService(): Promise<{ socket: string; child: ChildProcess }> {
  const socket = place.file('socket');
  const child = spawn(process.execPath, [serviceProgram, `--listen=${socket}`], { stdio: 'ignore', env: environment });
  while (attempt(process.execPath, ferryctl(`--address=${socket}`, 'list-transfers')).status !== 0);
  return { socket, child };
}

/** A pull of an image of 1 KiB. `where` says which service: a cold one is started by the client. */
function pull(url: string, where: readonly string[]): string[] {
  const images = place.file('images');
  removeTree(images);
  mkdirSync(images);
  const options = [...where, `--image-root=${images}`, '--verify=no', '--keep-download=no', '--quiet'];
  return ferryctl(...options, 'pull-raw', url, 'image');
}

type Sample = () => Promise<readonly [name: string, milliseconds: number][]>;

function timed(name: string, program: string, parameters: readonly string[]): Sample {
  return async () => [[name, (await clocked(program, parameters)).ended]];
}

function timedPull(name: string, url: string, where: () => Promise<readonly string[]>): Sample {
  return async () => {
    const { ended, requested } = await clocked(process.execPath, pull(url, await where()));
    return [
      [`pull of 1 KiB, ${name}: first request`, requested],
      [`pull of 1 KiB, ${name}: end`, ended],
    ];
  };
}

/** A place where no service runs, and none is waited for: the client of a user starts one in it. */
function coldPlace(): readonly string[] {
  const run = join(place.path, `run-${Math.random()}`);
  mkdirSync(run, { mode: 0o700 });
  Object.assign(environment, {
    XDG_RUNTIME_DIR: run,
    XDG_STATE_HOME: place.path,
    FERRY_STATE_DIRECTORY: place.file('ferry'),
  });
  return ['--user'];
}

async function sampleAll(samples: readonly Sample[]): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (let index = 0; index < runs; index += 1) {
    for (const sample of samples) {
      for (const [name, milliseconds] of await sample()) found.set(name, [...(found.get(name) ?? []), milliseconds]);
    }
  }
  return found;
}

/** When each program was started and each connection made, of one pull, in milliseconds; strace(1) makes all of it slower. */
async function timeline(url: string, where: readonly string[]): Promise<string[]> {
  const trace = place.file('trace');
  const calls = '--trace=execve,connect,exit_group,rename,renameat2,syncfs';
  const parameters = ['-f', '--seccomp-bpf', '-ttt', '-o', trace, calls, '-s', '200', process.execPath];
  await clocked('strace', [...parameters, ...pull(url, where)]);
  const lines = readFileSync(trace, 'utf8')
    .split('\n')
    .map((line) => /^(\d+) +([\d.]+) (.*)$/.exec(line));
  const first = Number(lines[0]?.[2]);
  return lines.flatMap((line) => {
    if (line === null || /ENOENT|SIGCHLD|unfinished|[+]{3}/.test(line[3] ?? '')) return [];
    const milliseconds = ((Number(line[2]) - first) * 1000).toFixed(1).padStart(7);
    return [`${milliseconds}  ${line[1]}  ${line[3]?.slice(0, 150)}`];
  });
}

async function main(): Promise<void> {
  const server = await serve();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/image.raw`;
  const { socket, child } = await startService();
  const warm = [`--address=${socket}`];
  const samples = [
    timed('node -e 0', process.execPath, ['-e', '0']),
    timed('importctl --version', peerProgram, ['exec', 'importctl', '--version']),
    timed('true, in the same root', peerProgram, ['exec', 'true']),
    timed('ferryctl --version', process.execPath, ferryctl('--version')),
    timed('ferryctl --help', process.execPath, ferryctl('--help', '--no-pager')),
    timed('ferryctl list-images, warm', process.execPath, ferryctl(...warm, 'list-images')),
    timedPull('warm', url, async () => warm),
    timedPull('cold', url, async () => coldPlace()),
  ];
  const found = await sampleAll(samples);
  const base = median(found.get('node -e 0') ?? []);
  for (const [name, figures] of found) {
    const [least, middle] = [Math.min(...figures), median(figures)];
    console.log(
      `${name.padEnd(40)} ${middle.toFixed(0).padStart(5)} ms, least ${least.toFixed(0).padStart(4)}, ${(middle / base).toFixed(2)} × node -e 0`,
    );
  }
  for (const [name, where] of [
    ['warm', warm],
    ['cold', coldPlace()],
  ] as const) {
    console.log(`\nA ${name} pull, ms, process, call:\n${(await timeline(url, where)).join('\n')}`);
  }
  child.kill('SIGTERM');
  server.close();
}

try {
  await main();
} finally {
  await place[Symbol.asyncDispose]();
}
