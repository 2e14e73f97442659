import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hasErrorCode } from '../failure.js';
import type { Surroundings } from '../surroundings.js';
import { choosePager, type PagerPlan, sessionOwnerOf } from './pager.js';

/** Writes to standard output, through a pager where one is wanted and there. */
export async function page(text: string, wanted: boolean, surroundings: Surroundings): Promise<void> {
  const plan = choosePager({
    env: surroundings.env,
    wanted,
    outputIsTerminal: surroundings.stdout.isTerminal,
    effectiveUserId: surroundings.userId,
    sessionOwner: sessionOwner(),
  });
  for (const words of plan?.candidates ?? []) {
    if (plan !== undefined && (await pageThrough(words, text, plan, surroundings))) return;
  }
  surroundings.stdout.write(text);
}

function sessionOwner(): number | undefined {
  try {
    return sessionOwnerOf(readFileSync('/proc/self/cgroup', 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns false if there is no such program */
async function pageThrough(
  [program, ...args]: readonly string[],
  text: string,
  plan: PagerPlan,
  surroundings: Surroundings,
): Promise<boolean> {
  if (program === undefined) return false;
  const pager = spawn(program, args, {
    stdio: ['pipe', surroundings.stdout.fd, surroundings.stderr.fd],
    env: { ...surroundings.env, ...plan.environment },
  });
  using _ = plan.ignoreInterrupt ? surroundings.onInterrupt(() => {}) : undefined;
  try {
    await once(pager, 'spawn');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EACCES')) return false;
    throw error;
  }
  await feed(pager, text);
  return true;
}

/** A user who has read enough closes the pager before its input ends; that is no error. */
async function feed(pager: ChildProcess, text: string): Promise<void> {
  const exit = once(pager, 'exit');
  pager.stdin?.on('error', () => {});
  pager.stdin?.end(text);
  await exit;
}
