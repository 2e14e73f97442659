import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { VarlinkError } from '../../varlink/error.js';
import { findSystemProgram } from '../sandbox/programs.js';
import { type Caller, UserQueues } from './user-queues.js';

export type Action =
  | 'io.ferry.pull'
  | 'io.ferry.import'
  | 'io.ferry.export'
  | 'io.ferry.cancel'
  | 'io.ferry.manage'
  | 'io.ferry.trust';

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

/** How many calls of one user wait for the answer to another one's question. */
const waitingMax = 64;
/** A process asks each question, and may do so for as long as somebody looks for a password: each user has one at a time. */
const questions = new UserQueues(1, waitingMax);

/** The exit status of a program, which ends with `closed`; undefined if it cannot be started or was ended. */
function check(program: string, parameters: string[], closed: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { stdio: 'ignore', signal: closed, killSignal: 'SIGKILL' });
    child.once('error', () => resolve(undefined));
    child.once('exit', (status) => resolve(status ?? undefined));
  });
}

function denied(): VarlinkError {
  return new VarlinkError('org.varlink.service.PermissionDenied', {});
}

/** Whether a caller is root or the user that the service runs as: they may do everything. */
export function isTrusted(peer: Peer): boolean {
  return peer.uid === 0 || peer.uid === process.getuid?.();
}

/** What polkit says: an exit status of pkcheck(1), or undefined if it cannot be asked. */
async function ask({ peer, closed }: Caller, action: Action, interactive: boolean): Promise<number | undefined> {
  const pkcheck = findSystemProgram('pkcheck');
  if (pkcheck === undefined) return undefined;
  let subject: string;
  try {
    subject = `${peer.pid},${startTime(peer.pid)},${peer.uid}`;
  } catch {
    // The caller is gone already, so there is nobody to ask about.
    return undefined;
  }
  const flags = interactive ? ['--allow-user-interaction'] : [];
  return await check(pkcheck, ['--action-id', action, '--process', subject, ...flags], closed);
}

/**
 * Lets root and the service's own user pass, and asks polkit about everyone else, one question of a user at a time. The question ends
 * when the caller goes.
 *
 * @throws VarlinkError PermissionDenied when polkit does not allow it or cannot be asked, or the caller goes meanwhile
 * @throws VarlinkError InteractiveAuthenticationRequired when polkit could ask the user and the caller did not allow it
 * @throws VarlinkError io.systemd.System EBUSY when too many questions of the user wait already
 * @throws ConnectionClosed or SystemError, the reason of `closed`, when the caller has gone before its turn
 */
export async function authorize(caller: Caller, action: Action, interactive: boolean): Promise<void> {
  if (isTrusted(caller.peer)) return;
  judgeAuthorization(await questions.run(caller, () => ask(caller, action, interactive)), interactive);
}

/**
 * Turns the exit status of pkcheck(1), or undefined if it was killed, into an answer. Only 0 grants the action.
 *
 * @throws VarlinkError InteractiveAuthenticationRequired when polkit could ask the user and `interactive` is not set
 * @throws VarlinkError PermissionDenied for every other answer that is not a yes
 */
export function judgeAuthorization(status: number | undefined, interactive: boolean): void {
  if (status === granted) return;
  if (status === needsChallenge && !interactive) {
    throw new VarlinkError('io.systemd.InteractiveAuthenticationRequired', {});
  }
  throw denied();
}
