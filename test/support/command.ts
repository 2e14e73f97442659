import { spawnSync } from 'node:child_process';
import './programs.js';

export interface CommandOptions {
  cwd?: string;
  /** Added to this process's environment; undefined removes a variable. */
  environment?: Readonly<Record<string, string | undefined>>;
  input?: string | Buffer;
}

/** What a program left behind that was run to its end. */
export interface Outcome {
  /** The exit status; null if a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

const outputMax = 256 * 1024 * 1024;

/** Runs a program to its end, whatever its status. @throws Error when it cannot be started. */
export function attempt(program: string, parameters: readonly string[], options: CommandOptions = {}): Outcome {
  const { error, status, stdout, stderr } = spawnSync(program, parameters, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    input: options.input ?? '',
    maxBuffer: outputMax,
    encoding: 'utf8',
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** Runs a program that has to succeed and gives back its standard output. @throws Error with what it said, when it does not. */
export function run(program: string, parameters: readonly string[], options: CommandOptions = {}): string {
  const { status, stdout, stderr } = attempt(program, parameters, options);
  if (status !== 0) throw new Error(`${[program, ...parameters].join(' ')} ended with ${status}: ${stderr || stdout}`);
  return stdout;
}

/** Runs a shell script that has to succeed, with `$1`, `$2`, … set, and gives back its standard output. */
export function shell(script: string, parameters: readonly string[] = [], options: CommandOptions = {}): string {
  return run('bash', ['-euo', 'pipefail', '-c', script, 'bash', ...parameters], options);
}
