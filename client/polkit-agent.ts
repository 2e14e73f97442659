import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { findProgram } from '../common/programs.js';
import type { ProcessContext } from './cli/process-context.js';

const readyDescriptor = 3;
const readyTimeoutMs = 10_000;

/**
 * Starts pkttyagent(1), through which polkit can ask the user on the terminal about us, and waits until it can. Where
 * there is no terminal or no such program nothing is started: then polkit must do without, as with systemd's tools.
 *
 * @returns to be disposed after the last call, which gives the terminal back
 */
export async function startPolkitAgent(context: ProcessContext): Promise<AsyncDisposable | undefined> {
  const program = findProgram('pkttyagent', context.environment.searchPath);
  const terminal = program === undefined ? undefined : openTerminal(context.terminal);
  if (program === undefined || terminal === undefined) return undefined;
  try {
    const agent = spawn(program, [`--notify-fd=${readyDescriptor}`, '--fallback'], {
      stdio: [terminal, terminal, terminal, 'pipe'],
      env: context.variables,
    });
    agent.on('error', () => {});
    await ready(agent);
    return { [Symbol.asyncDispose]: () => end(agent) };
  } finally {
    closeSync(terminal);
  }
}

/** The terminal that controls this process; undefined if none does. */
function openTerminal(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** It closes the descriptor once polkit knows it; its end closes it too. */
async function ready(agent: ChildProcess): Promise<void> {
  const pipe = agent.stdio[readyDescriptor] as Readable | null | undefined;
  if (!pipe) return;
  const timer = setTimeout(() => pipe.destroy(), readyTimeoutMs);
  pipe.on('error', () => {}).resume();
  if (!pipe.closed) await once(pipe, 'close');
  clearTimeout(timer);
}

async function end(agent: ChildProcess): Promise<void> {
  if (agent.pid === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = once(agent, 'exit');
  agent.kill('SIGTERM');
  // It may have been stopped, for reading from a terminal that was not its own.
  agent.kill('SIGCONT');
  await ended;
}
