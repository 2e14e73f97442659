import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Outcome } from '../../support/command.js';
import { projectFile, projectRoot } from '../../support/project.js';

/** Starts a program in the root with systemd's newest release, with this project in its place. */
export function startInPeer(parameters: readonly string[]): ChildProcess {
  return spawn(projectFile('test', 'peer', 'peer'), ['exec', ...parameters], { cwd: projectRoot });
}

/** Runs a program there to its end, while this process goes on serving it. */
export async function runInPeer(parameters: readonly string[], input: string | Buffer = ''): Promise<Outcome> {
  const child = startInPeer(parameters);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (bytes) => (stdout += bytes));
  child.stderr?.on('data', (bytes) => (stderr += bytes));
  // It may not read it.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}
