import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

/** A module of the service, for an import. */
export const url = (path: string) => JSON.stringify(new URL(`../../../../service/${path}`, import.meta.url).href);
/** What every script begins with. */
export const prelude = `import { log, runWorker, tell, waitForDaemon } from ${url('processes/ipc/channel.js')};
import { Failure } from ${url('../common/failure.js')};
`;

interface Worker {
  readonly child: ChildProcess;
  readonly channel: Duplex;
  readonly exit: Promise<unknown[]>;
}

/** A worker process, started as the daemon starts one. */
function startWorker(script: string, parent = process.pid): Worker {
  const dataEnd = openSync('/dev/null', 'w');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', prelude + script], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', dataEnd],
    env: { FERRY_PARENT_PID: String(parent) },
  });
  closeSync(dataEnd);
  const channel = child.stdio[3];
  if (!channel || !('write' in channel)) throw new Error('no channel');
  // A pipe of child_process is a socket: both ways.
  return { child, channel: channel as Duplex, exit: once(child, 'exit') };
}

/** What a worker says until it ends, and its exit status. */
export async function outcome(
  script: string,
  said = '',
  parent = process.pid,
): Promise<{ messages: unknown[]; status: unknown }> {
  const { channel, exit } = startWorker(script, parent);
  channel.end(said);
  const lines = (await text(channel)).split('\n').filter(Boolean);
  const [status] = await exit;
  return { messages: lines.map((line) => JSON.parse(line)), status };
}
