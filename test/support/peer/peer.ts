import type { TestContext } from 'node:test';
import { attempt, type Outcome } from '../command.js';
import { needs } from '../needs.js';
import { projectFile } from '../project.js';

const program = projectFile('test', 'peer', 'peer');

/** Whether systemd's own helpers are installed (test/install-programs.sh does that); skips the test when they are not. */
export function needsPeer(t: TestContext): boolean {
  if (!needs(t, { root: true, features: ['mount'] })) return false;
  const installed = attempt(program, ['root']).status === 0;
  if (!installed) t.skip("needs systemd's own helpers (test/peer/peer install)");
  return installed;
}

/** Runs one of systemd's own helpers, or with `exec` any program of its root; see test/peer/peer. Paths have to be below /var/tmp. */
export function peer(verb: 'pull' | 'import' | 'import-fs' | 'export' | 'exec', ...parameters: string[]): Outcome {
  return attempt(program, [verb, ...parameters]);
}
