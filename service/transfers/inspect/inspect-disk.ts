import { execFile } from 'node:child_process';
import type { ImageClass } from '../../../common/image-classes.js';
import type { DiskInspection } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { cutText, escapeText } from '../../../varlink/text.js';
import { workerEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { inspectCommand, timeLimitSeconds } from './command.js';
import { readOutput } from './output.js';

/** What an inspection shows of a disk. */
export interface DiskFindings {
  readonly inspection: DiskInspection | null;
  readonly release: string[];
  readonly releaseProblem: string | null;
}

interface Ended {
  readonly output: string;
  /** The last thing it complained of; empty if nothing. */
  readonly complaint: string;
  /** Why what it printed does not count; undefined if it succeeded. */
  readonly problem: string | undefined;
}

const outputMax = 256 * 1024;

function problemOf(error: Error & { killed?: boolean; code?: unknown }, complaint: string, limit: number): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'systemd-dissect printed more than 256 KiB';
  if (error.killed) return `systemd-dissect took longer than ${limit} s`;
  if (complaint !== '') return complaint;
  return typeof error.code === 'number' ? `systemd-dissect exited with status ${error.code}` : error.message;
}

/** @throws the reason of `signal` */
function run(
  [program = '', ...parameters]: readonly string[],
  host: Host,
  signal: AbortSignal,
  limit: number,
): Promise<Ended> {
  const environment = { ...workerEnvironment(host), SYSTEMD_LOG_LEVEL: 'info', SYSTEMD_COLORS: '0' };
  const bounds = { timeout: limit * 1000, killSignal: 'SIGKILL', maxBuffer: outputMax } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      parameters,
      { ...bounds, signal, env: environment },
      (error, output, complaints) => {
        if (signal.aborted) return reject(signal.reason);
        const complaint = cutText(escapeText(complaints.trim().split('\n').at(-1) ?? ''), 500);
        resolve({ output, complaint, problem: error === null ? undefined : problemOf(error, complaint, limit) });
      },
    );
    child.stdin?.end();
  });
}

function unknown(problem: string): DiskFindings {
  return { inspection: null, release: [], releaseProblem: `Cannot inspect it: ${problem}` };
}

/**
 * Has systemd-dissect(1) tell what is in a raw disk, for at most a minute. It mounts what is in it, read-only: only for callers who may
 * have that done.
 *
 * @param limit how long it may take, in seconds
 * @throws the reason of `signal`
 */
export async function inspectDisk(
  host: Host,
  { path, class: imageClass }: { readonly path: string; readonly class: ImageClass },
  signal: AbortSignal,
  limit: number = timeLimitSeconds,
): Promise<DiskFindings> {
  const command = inspectCommand(host, path);
  if ('problem' in command) return unknown(command.problem);
  const { output, complaint, problem } = await run(command.words, host, signal, limit);
  if (problem !== undefined) return unknown(problem);
  const inspected = readOutput(output, imageClass);
  if (inspected === undefined) return unknown('systemd-dissect did not print the JSON that it should');
  const { inspection, release } = inspected;
  const nothing = complaint === '' ? 'systemd-dissect found no release file in it' : complaint;
  return { inspection, release, releaseProblem: release.length > 0 ? null : nothing };
}
