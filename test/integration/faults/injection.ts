import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerName } from '../../../service/sandbox/sandbox.js';
import { waitWhile } from '../../support/wait.js';

/** A program that can be met with faults: a worker, or the client. */
type Target = WorkerName | 'ferryctl';

/** A system call of a process, as strace(1) saw it. */
export interface SeenCall {
  readonly name: string;
  /** The how manieth of that name it was, from 1: what `when=` of strace takes. */
  readonly occurrence: number;
  readonly line: string;
}

/**
 * Makes a service start its workers through strace(1): `injector.environment` is for the service. The processes, their
 * sandbox and their parents stay what they are, for the tracer is a grandchild (`strace -D`).
 */
export class Injector {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory);
    writeFileSync(this.program, this.#script());
    chmodSync(this.program, 0o755);
  }

  /** Runs node; with ferryctl.js as its first parameter, the client is met with faults as well. */
  get program(): string {
    return join(this.#directory, 'node');
  }

  get environment(): Record<string, string> {
    const code = `process.execPath=${JSON.stringify(this.program)}`;
    const filter = new URL('traceable.js', import.meta.url).href;
    const options = `--import=data:text/javascript,${encodeURIComponent(code)} --import=${filter}`;
    // A process that waits already would not be met.
    return { NODE_OPTIONS: options, FERRY_SPARE_PROCESSES: 'no' };
  }

  /** The next processes of that name are only watched; what they did is in seen(). */
  watch(target: Target): void {
    this.#plan(target, '');
  }

  /** The next processes of that name meet this at one call, or from it on: `error=ENOSPC`, `signal=SIGKILL`. */
  inject(target: Target, { name, occurrence }: SeenCall, what: string, times: '' | '+' = ''): void {
    this.#plan(target, `-e inject=${name}:${what}:when=${occurrence}${times}`);
  }

  leaveAlone(target: Target): void {
    rmSync(join(this.#directory, target), { force: true });
  }

  /**
   * The calls of the last worker of that name that was watched, its main thread's; of the client, those of each thread that
   * no other thread had made as often before: each counts for itself. `log` is where it is, if not in a file of its own.
   */
  seen(target: Target, log = this.#log(target)): SeenCall[] {
    const counts = new Map<string, number>();
    const met = new Set<string>();
    return log.flatMap((line) => {
      const [, thread = '', call = ''] = /^(\d+ +)?(\w+\(.*)$/.exec(line) ?? [];
      const [name = ''] = call.split('(');
      const occurrence = (counts.get(thread + name) ?? 0) + 1;
      counts.set(thread + name, occurrence);
      if (name === '' || met.has(`${name} ${occurrence}`)) return [];
      met.add(`${name} ${occurrence}`);
      return [{ name, occurrence, line: call }];
    });
  }

  /** What the injection met. Null: nothing. */
  met(target: Target): string | null {
    const lines = this.#log(target);
    return lines.find((line) => line.includes('(INJECTED)') || line.includes('+++ killed by')) ?? null;
  }

  /** Waits until no tracer of such a process is left: it writes how a process ended after that has ended. */
  async untilWritten(target: Target): Promise<void> {
    const log = this.#logPath(target);
    const isTracer = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(log);
    await waitWhile(() => readdirSync('/proc').some((name) => /^\d+$/.test(name) && isTracer(name)));
  }

  #logPath(target: Target): string {
    return join(this.#directory, `${target}.log`);
  }

  #log(target: Target): string[] {
    const path = this.#logPath(target);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  }

  #plan(target: Target, options: string): void {
    rmSync(this.#logPath(target), { force: true });
    writeFileSync(join(this.#directory, target), `${options}\n`);
  }

  #script(): string {
    return `#!/bin/sh
worker=\${1##*/}
worker=\${worker%.js}
options=
if [ -e '${this.#directory}/'"$worker" ]; then
  read -r options <'${this.#directory}/'"$worker"
  # What the client does to files is done by another of its threads.
  if [ "$worker" = ferryctl ]; then export UV_THREADPOOL_SIZE=1; options="-f -b execve $options"; fi
  # Behind the sandbox of the decode process nothing can be written: its calls go where the service logs.
  if [ "$worker" != decode ]; then options="-o ${this.#directory}/$worker.log $options"; fi
  exec strace -DD -q -y -s 16 $options '${process.execPath}' "$@"
fi
exec '${process.execPath}' "$@"
`;
  }
}
