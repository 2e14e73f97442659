import { spawn } from 'node:child_process';
import type { RegistryLogin } from '../../common/credentials/auth-file.js';
import { findProgram } from '../../common/programs.js';
import { UserError } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';

/** Milliseconds that a helper may take: it may ask the user to unlock a store. */
const timeLimitMs = 120_000;
/** UTF-16 code units of its answer. */
const answerMax = 1024 * 1024;
/** What helpers answer where they know of no login. */
const nothingKnown = /credentials not found|no credentials|not logged in/i;

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program, with a line on its standard input. */
function run(program: string, registry: string, context: ProcessContext): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: context.variables,
      timeout: timeLimitMs,
    });
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      output += chunk;
      if (output.length > answerMax) child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
    // It may end without reading.
    child.stdin.on('error', () => {});
    child.stdin.end(`${registry}\n`);
  });
}

function readAnswer(output: string): RegistryLogin | undefined {
  const answer: unknown = JSON.parse(output);
  if (typeof answer !== 'object' || answer === null || !('Username' in answer) || !('Secret' in answer))
    return undefined;
  const { Username: user, Secret: password } = answer;
  if (typeof user !== 'string' || typeof password !== 'string' || password === '') return undefined;
  return user === '<token>' ? { identityToken: password } : { user, password };
}

/**
 * Asks a program docker-credential-NAME for a login (docker-credential-helpers). Undefined if it knows of none.
 *
 * @throws UserError if it is not installed, or fails
 */
export async function askHelper(
  name: string,
  registry: string,
  context: ProcessContext,
): Promise<RegistryLogin | undefined> {
  const programName = `docker-credential-${name}`;
  const refuse = (reason: string) => new UserError(`Cannot get the credentials for ${registry}: ${reason}.`);
  if (!/^[\w.-]+$/.test(name)) throw refuse(`'${name}' is not the name of a credential helper`);
  const program = findProgram(programName, context.environment.searchPath);
  if (program === undefined)
    throw refuse(`${programName} is not installed; install it, or log in to the registry again`);
  const { status, output } = await run(program, registry, context).catch((error: unknown) => {
    throw refuse(`${programName} cannot be started: ${String(error)}`);
  });
  if (status !== 0 && nothingKnown.test(output)) return undefined;
  if (status !== 0) throw refuse(`${programName} failed with exit status ${status}`);
  try {
    return readAnswer(output);
  } catch {
    throw refuse(`${programName} has not answered with JSON`);
  }
}
