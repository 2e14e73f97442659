import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { attempt, type Outcome } from '../command.js';
import { clientProgram, imageRootFor } from './ferry-host.js';
import type { Scene } from './scene.js';

/** Streams of a client: a descriptor, or nothing in particular. */
export interface ClientStreams {
  stdin?: number;
  stdout?: number;
  environment?: Readonly<Record<string, string>>;
  cwd?: string;
}

/** Runs ferryctl with descriptors of the test as its standard streams. */
export async function runWithStreams(scene: Scene, parameters: string[], streams: ClientStreams): Promise<Outcome> {
  const all = [
    clientProgram,
    `--address=unix:${scene.host.socket}`,
    ...imageRootFor(parameters, scene.host.imageRoot),
    ...parameters,
  ];
  const child = spawn(process.execPath, all, {
    stdio: [streams.stdin ?? 'ignore', streams.stdout ?? 'pipe', 'pipe'],
    cwd: streams.cwd ?? '/',
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...streams.environment },
  });
  const read = (stream: Readable | null) => (stream === null ? Promise.resolve('') : text(stream));
  const [stdout, stderr, [status]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'exit')]);
  return { status, stdout, stderr };
}

/** Runs a shell line with `ferryctl` as `"$@"`, so that it can stand in a pipeline: `cat x | "$@" import-raw - name`. */
export function inShell(scene: Scene, script: string, cwd = scene.place): Outcome {
  const client = [process.execPath, clientProgram, `--address=unix:${scene.host.socket}`];
  return attempt('bash', ['-c', script, 'bash', ...client, `--image-root=${scene.host.imageRoot}`], { cwd });
}
