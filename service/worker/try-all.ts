import { log } from './channel.js';

/** Runs what goes on after failures, and is told of them: the first is thrown at the end, the others are logged. */
export function tryAll(action: (onFailure: (failure: unknown) => void) => void): void {
  const failures: unknown[] = [];
  action((failure) => failures.push(failure));
  const [first, ...others] = failures;
  for (const other of others) log(4, other instanceof Error ? other.message : String(other));
  if (first !== undefined) throw first;
}
