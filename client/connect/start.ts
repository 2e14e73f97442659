import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { escapeText } from '../../varlink/text.js';
import { reasonOf } from '../cli/failure.js';
import type { ProcessContext, StartOutcome } from '../cli/process-context.js';
import { makeDirectory, type ServiceAddress } from './address.js';
import { environmentForService } from './environment.js';
import { unreachable } from './faults.js';

/** A log beyond this many bytes is begun anew. */
const logLimit = 1 << 20;
const readyTimeoutMs = 30_000;
const readyDescriptor = 3;

/**
 * Starts the service in a session of its own, to listen on the address, and waits until it says that it does.
 * `verb`: of the transfer that it makes ready for meanwhile.
 *
 * @throws UserError if it cannot be started, with what it says about that
 */
export async function startService(
  address: ServiceAddress,
  context: ProcessContext,
  { verb }: { readonly verb?: string } = {},
): Promise<StartOutcome> {
  const program = context.serviceProgram;
  if (!existsSync(program)) throw unreachable(`The service cannot be started: '${program}' is missing.`);
  makeDirectory(address, context.userId);
  const logPath = join(dirname(address.path), 'service.log');
  const logFd = openLog(logPath);
  try {
    const child = spawn(process.execPath, [program, `--${address.scope}`, `--listen=${address.path}`], {
      detached: true,
      cwd: '/',
      stdio: ['ignore', logFd, logFd, 'pipe'],
      env: {
        ...environmentForService(context),
        FERRY_READY_FD: String(readyDescriptor),
        ...(verb !== undefined && { FERRY_TRANSFER_FOLLOWS: verb }),
      },
    });
    child.unref();
    return judge(await readyLine(child), logPath);
  } finally {
    closeSync(logFd);
  }
}

function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  try {
    return openSync(path, size > logLimit ? 'w' : 'a', 0o600);
  } catch (error) {
    throw unreachable(`Cannot write the service's log '${path}': ${reasonOf(error)}.`);
  }
}

/** The first line that the service writes, or what came before it ended. */
async function readyLine(child: ChildProcess): Promise<string> {
  const pipe = child.stdio[readyDescriptor] as Readable;
  const timer = setTimeout(() => pipe.destroy(), readyTimeoutMs);
  let text = '';
  child.on('error', () => pipe.destroy());
  try {
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
  } catch {
    // A pipe that breaks says as much as one that ends.
  } finally {
    clearTimeout(timer);
    pipe.destroy();
  }
  return text.split('\n')[0] ?? '';
}

function judge(line: string, logPath: string): StartOutcome {
  if (line === 'ready' || line === 'busy') return line;
  if (line.startsWith('error ')) throw unreachable(`The service cannot be started: ${line.slice('error '.length)}`);
  const last = lastLine(logPath);
  const words = last === undefined ? '' : ` Its last words: ${escapeText(last)}`;
  throw unreachable(`The service ended before it was ready; its log is '${logPath}'.${words}`);
}

function lastLine(path: string): string | undefined {
  try {
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim());
    return lines.findLast((line) => line !== '' && !line.startsWith('at ') && !line.startsWith('Node.js v'));
  } catch {
    return undefined;
  }
}
