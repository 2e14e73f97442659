import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hasCode } from '../../linux/errno.js';
import type { ProcessContext } from '../cli/process-context.js';
import type { PagerPlan } from './pager.js';

/** @returns false if there is no such program */
export async function pageThrough(
  [program, ...args]: readonly string[],
  text: string,
  plan: PagerPlan,
  context: ProcessContext,
): Promise<boolean> {
  if (program === undefined) return false;
  const pager = spawn(program, args, {
    stdio: ['pipe', context.stdout.descriptor, context.stderr.descriptor],
    env: { ...context.variables, ...plan.environment },
  });
  using _ = plan.ignoreInterrupt ? context.onInterrupt(() => {}) : undefined;
  try {
    await once(pager, 'spawn');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES')) return false;
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
