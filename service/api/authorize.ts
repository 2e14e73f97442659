import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { VarlinkError } from '../../varlink/error.js';
import { findProgram } from '../confinement/walls.js';

export type Action = 'io.ferry.pull' | 'io.ferry.import' | 'io.ferry.export' | 'io.ferry.cancel' | 'io.ferry.manage';

export interface Peer {
  pid: number;
  uid: number;
}

/** Exit statuses of pkcheck(1). */
const granted = 0;
const needsChallenge = 2;

/** When a process was started, in clock ticks since boot: field 22 of proc(5) stat, counted after the name in parentheses. */
function startTime(pid: number): string {
  const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

function check(program: string, parameters: string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: 'ignore' });
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
}

function denied(): VarlinkError {
  return new VarlinkError('org.varlink.service.PermissionDenied', {});
}

/** Whether a caller is root or the user that the service runs as: they may do everything. */
export function isTrusted(peer: Peer): boolean {
  return peer.uid === 0 || peer.uid === process.getuid?.();
}

/**
 * Lets root and the service's own user pass, and asks polkit about everyone else. Rejects with VarlinkError PermissionDenied,
 * or InteractiveAuthenticationRequired when polkit could ask the user and the caller did not allow it.
 */
export async function authorize(peer: Peer, action: Action, interactive: boolean): Promise<void> {
  if (isTrusted(peer)) return;
  const pkcheck = findProgram('pkcheck');
  if (pkcheck === null) throw denied();
  let subject: string;
  try {
    subject = `${peer.pid},${startTime(peer.pid)},${peer.uid}`;
  } catch {
    // The caller is gone already, so there is nobody to ask about.
    throw denied();
  }
  const ask = interactive ? ['--allow-user-interaction'] : [];
  const status = await check(pkcheck, ['--action-id', action, '--process', subject, ...ask]);
  if (status === granted) return;
  if (status === needsChallenge && !interactive) {
    throw new VarlinkError('io.systemd.InteractiveAuthenticationRequired', {});
  }
  throw denied();
}
