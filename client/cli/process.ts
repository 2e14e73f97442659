import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import type { Environment } from '../../common/environment.js';
import { hasCode } from '../../linux/errno.js';
import { commandName } from './command-name.js';
import { readClientEnvironment } from './environment.js';
import { fileFault, reasonOf, UserError } from './failure.js';
import type { InterruptSignal, OutputStream, ProcessContext } from './process-context.js';

/**
 * Writes at once and in full. Node's own streams would make a pipe non-blocking, for everybody who has it.
 *
 * @returns false if nobody reads any more
 * @throws UserError if standard output takes no more; about standard error there is nobody to tell
 */
function writeAll(descriptor: 1 | 2, text: string): boolean {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) return hasGone(descriptor, error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
  return true;
}

function hasGone(descriptor: 1 | 2, error: unknown): false {
  if (descriptor === 2 || hasCode(error, 'EPIPE', 'EIO')) return false;
  const reason = hasCode(error, 'EBADF') ? 'it is closed' : reasonOf(error);
  throw new UserError(`Cannot write to standard output: ${reason}`, fileFault(error, undefined));
}

function outputStream(descriptor: 1 | 2): OutputStream {
  const isTerminal = isatty(descriptor);
  // A terminal is opened by node anew, so looking at its stream changes nothing for others.
  const terminal = () => (isTerminal ? (descriptor === 1 ? process.stdout : process.stderr) : undefined);
  return {
    descriptor: descriptor,
    isTerminal,
    get columns() {
      return terminal()?.columns;
    },
    get rows() {
      return terminal()?.rows;
    },
    write: (text) => writeAll(descriptor, text),
  };
}

const interrupts: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function onInterrupt(listener: (signal: InterruptSignal) => void): Disposable {
  for (const signal of interrupts) process.on(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of interrupts) process.off(signal, listener);
    },
  };
}

/** A wrapper in the place of importctl starts us under our own name and says so. */
function calledAs(program: string, variables: Environment): ProcessContext['programName'] {
  const name = variables['FERRY_CALLED_AS'] || basename(program);
  return /^importctl(?:\.js)?$/.test(name) ? 'importctl' : 'ferryctl';
}

/** One that was removed is nobody's place to look for files in. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/**
 * The process we run in.
 *
 * @param serviceProgram the service beside this program; $FERRY_SERVICE names another one
 */
export function makeProcessContext(serviceProgram: string, variables: Environment): ProcessContext {
  const program = process.argv[1] ?? 'ferryctl';
  const environment = readClientEnvironment(variables);
  return {
    variables,
    environment,
    programName: calledAs(program, variables),
    commandName: () => variables['FERRY_CALLED_AS'] || commandName(program, environment.searchPath, workingDirectory()),
    workingDirectory: workingDirectory(),
    userId: process.geteuid?.() ?? 0,
    stdin: { descriptor: 0, isTerminal: isatty(0) },
    stdout: outputStream(1),
    stderr: outputStream(2),
    clientProgram: program,
    serviceProgram: variables['FERRY_SERVICE'] || serviceProgram,
    runtimeDirectory: '/run',
    temporaryDirectory: '/tmp',
    terminal: '/dev/tty',
    now: Date.now,
    onInterrupt,
  };
}
