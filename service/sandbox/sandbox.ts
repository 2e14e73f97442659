import { namespaceResourceSocket } from './foreign-range.js';
import type { Sandbox } from './needs.js';
import { rootSandbox } from './root-sandbox.js';
import { watchForStrays } from './strays.js';
import { userSandbox } from './user-sandbox.js';

export type { WorkerName } from './needs.js';

/**
 * Builds the sandbox for this process: a full one for root, what an ordinary user may have otherwise. `atOnce`: before
 * anything else is done.
 */
export async function buildSandbox(atOnce: boolean, environment: NodeJS.ProcessEnv): Promise<Sandbox> {
  const reason = watchForStrays();
  const sandbox = await (process.getuid?.() === 0
    ? rootSandbox(atOnce)
    : userSandbox(namespaceResourceSocket(environment)));
  if (reason === undefined) return sandbox;
  const missing = [...sandbox.missing, `What a process of a transfer leaves behind is not looked for: ${reason}`];
  const { trees, owners } = sandbox;
  return {
    missing,
    owners,
    ...(trees && { trees }),
    command: (worker, ofTrees) => sandbox.command(worker, ofTrees),
  };
}
