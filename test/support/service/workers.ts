import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { waitFor, waitWhile } from '../wait.js';

export interface Worker {
  readonly pid: number;
  /** fetch, decode, placement, convert, manage or cleanup. */
  readonly name: string;
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}

/** The worker processes of transfers below a process, at any depth. */
export function workersOf(pid: number): Worker[] {
  return allWorkersOf(pid).filter((worker) => !waits(worker));
}

/** Those that wait for a transfer. */
export function sparesOf(pid: number): Worker[] {
  return allWorkersOf(pid).filter(waits);
}

/** Whether a worker has not been given a pipe to another one yet; a manage process that was a spare one gets none. */
function waits({ pid, name }: Worker): boolean {
  if (!['fetch', 'decode', 'placement', 'manage'].includes(name)) return false;
  try {
    return readlinkSync(`/proc/${pid}/fd/4`) === '/dev/null';
  } catch {
    return false;
  }
}

function allWorkersOf(pid: number): Worker[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(all.map((name) => [Number(name), parentOf(name)]));
  const below = [...parents.keys()].filter((each) => {
    for (let up = parents.get(each) ?? null; up !== null && up > 1; up = parents.get(up) ?? null)
      if (up === pid) return true;
    return false;
  });
  return below.flatMap((each) => {
    const name = workerName(each);
    return name === null ? [] : [{ pid: each, name }];
  });
}

/** Null also while it is still on its way in its sandbox: then it is nsenter(1) or setpriv(1). */
function workerName(pid: number): string | null {
  try {
    const [program = '', script = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return /(^|\/)node$/.test(program) ? (/\/worker\/(\w+)\.js$/.exec(script)?.[1] ?? null) : null;
  } catch {
    return null;
  }
}

/** Waits for a worker of that name, which is in its sandbox. */
export async function findWorker(servicePid: number, name: string): Promise<number> {
  const find = () => workersOf(servicePid).find((worker) => worker.name === name);
  return (await waitFor(find, 5)).pid;
}

/** Whether a process runs; zombies do not, once all their threads have ended, which hold its descriptors until then. */
export function runs(pid: number): boolean {
  if (parentOf(String(pid)) !== null) return true;
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

export async function untilGone(pids: readonly number[]): Promise<void> {
  await waitWhile(() => pids.some(runs), 5);
}
