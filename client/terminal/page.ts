import { readFileSync } from 'node:fs';
import type { ProcessContext } from '../cli/process-context.js';
import { choosePager, sessionOwnerOf } from './pager.js';
import { inAscii } from './width.js';

/** Writes to standard output, through a pager where one is wanted and there. */
export async function page(text: string, wanted: boolean, context: ProcessContext): Promise<void> {
  const { stdout, environment } = context;
  const shown = stdout.isTerminal && !environment.terminal.isUtf8 ? inAscii(text) : text;
  if (!wanted || !stdout.isTerminal || !(await pageThroughPager(shown, context))) stdout.write(shown);
}

/** @returns false if there is no pager, or none is wanted after all */
async function pageThroughPager(text: string, context: ProcessContext): Promise<boolean> {
  const plan = choosePager({
    environment: context.environment,
    wanted: true,
    outputIsTerminal: true,
    effectiveUserId: context.userId,
    sessionOwner: sessionOwner(),
  });
  if (plan === undefined) return false;
  const { pageThrough } = await import('./run-pager.js');
  for (const words of plan.candidates) {
    if (await pageThrough(words, text, plan, context)) return true;
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
