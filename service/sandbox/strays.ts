import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { adoptOrphans, reap } from '../../linux/isolation.js';
import { sendSignal } from '../../linux/process.js';

/*
 * What a process of a transfer has started and left behind becomes a child of the service: there it is found, and ended. A process
 * with a PID namespace of its own leaves nothing; this is for all others, and for what no filter of system calls has stopped.
 */

/** How long to wait for what has been killed before it is looked for again, in milliseconds. */
export const lookAgainMs = 2;

/** The processes that this one has started itself, and waits for. */
const known = new Set<number>();

/** Makes what processes leave behind findable, before the first one is started. Gives back why that cannot be, if it cannot. */
export function watchForStrays(): string | undefined {
  try {
    adoptOrphans();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Notes a process that is no stray until it has ended and node has seen that. */
export function claim(pid: number): void {
  known.add(pid);
}

export function disclaim(pid: number): void {
  known.delete(pid);
}

/** Numbers after the name of a process in /proc/PID/stat (proc_pid_stat(5)): its parent and its session. */
function statusOf(pid: string | number): { parent: number; session: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), session: Number(session) };
  } catch {
    return undefined;
  }
}

/** The children of this process. Orphans come to its first thread. */
function children(): number[] {
  try {
    const list = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
    return list.split(' ').filter(Boolean).map(Number);
  } catch {
    // A kernel without CONFIG_PROC_CHILDREN.
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.filter((pid) => statusOf(pid)?.parent === process.pid).map(Number);
  }
}

/**
 * Those that are none of ours: processes of transfers have sessions of their own, which nobody can leave for the service's, where
 * all is that the service starts otherwise.
 */
function strays(): number[] {
  const unknown = children().filter((pid) => !known.has(pid));
  if (unknown.length === 0) return [];
  const own = statusOf(process.pid)?.session;
  return unknown.filter((pid) => {
    const session = statusOf(pid)?.session;
    return session !== undefined && session !== own;
  });
}

/** Ends all that processes of transfers have left behind. Resolves once nothing of it is there. */
export async function endStrays(): Promise<void> {
  for (;;) {
    const found = strays();
    if (found.length === 0) return;
    for (const pid of found) sendSignal(pid, constants.signals.SIGKILL);
    if (!found.every(reap)) await pause(lookAgainMs);
  }
}
