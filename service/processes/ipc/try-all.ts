import { log } from './channel.js';

/** Says that something went wrong that ends nothing. */
export function logFailure(failure: unknown): void {
  log('warning', failure instanceof Error ? failure.message : String(failure));
}

/**
 * Runs what goes on after failures, and is told of them. All but the first are logged.
 *
 * @throws the first of them, at the end
 */
export function tryAll(action: (onFailure: (failure: unknown) => void) => void): void {
  const failures: unknown[] = [];
  action((failure) => failures.push(failure));
  const [first, ...others] = failures;
  others.forEach(logFailure);
  if (first !== undefined) throw first;
}
