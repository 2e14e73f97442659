import { readFileSync } from 'node:fs';
import type { Surroundings } from '../cli/surroundings.js';
import { choosePager, sessionOwnerOf } from './pager.js';

/** Writes to standard output, through a pager where one is wanted and there. */
export async function page(text: string, wanted: boolean, surroundings: Surroundings): Promise<void> {
  if (!wanted || !surroundings.stdout.isTerminal || !(await pageThroughPager(text, surroundings))) {
    surroundings.stdout.write(text);
  }
}

/** @returns false if there is no pager, or none is wanted after all */
async function pageThroughPager(text: string, surroundings: Surroundings): Promise<boolean> {
  const plan = choosePager({
    env: surroundings.env,
    wanted: true,
    outputIsTerminal: true,
    effectiveUserId: surroundings.userId,
    sessionOwner: sessionOwner(),
  });
  if (plan === undefined) return false;
  const { pageThrough } = await import('./run-pager.js');
  for (const words of plan.candidates) {
    if (await pageThrough(words, text, plan, surroundings)) return true;
  }
  return false;
}

function sessionOwner(): number | undefined {
  try {
    return sessionOwnerOf(readFileSync('/proc/self/cgroup', 'utf8'));
  } catch {
    return undefined;
  }
}
