import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerName } from '../../../service/confinement/walls.js';

/** A system call of a process, as strace(1) saw it. */
export interface SeenCall {
  readonly name: string;
  /** The how manieth of that name it was, from 1: what `when=` of strace takes. */
  readonly occurrence: number;
  readonly line: string;
}

/**
 * Makes a service start its workers through strace(1): `injector.environment` is for the service. The processes, their
 * walls and their parents stay what they are, for the tracer is a grandchild (`strace -D`).
 */
export class Injector {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory);
    writeFileSync(this.#wrapper, this.#script());
    chmodSync(this.#wrapper, 0o755);
  }

  get #wrapper(): string {
    return join(this.#directory, 'node');
  }

  get environment(): Record<string, string> {
    const code = `process.execPath=${JSON.stringify(this.#wrapper)}`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  }

  /** The next workers of that name are only watched; what they did is in seen(). */
  watch(worker: WorkerName): void {
    this.#plan(worker, '');
  }

  /** The next workers of that name meet this at one call, or from it on: `error=ENOSPC`, `signal=SIGKILL`. */
  inject(worker: WorkerName, { name, occurrence }: SeenCall, what: string, times: '' | '+' = ''): void {
    this.#plan(worker, `-e inject=${name}:${what}:when=${occurrence}${times}`);
  }

  leaveAlone(worker: WorkerName): void {
    rmSync(join(this.#directory, worker), { force: true });
  }

  /** The calls of the last worker of that name that was watched, its main thread's. */
  seen(worker: WorkerName): SeenCall[] {
    const counts = new Map<string, number>();
    return this.#log(worker).flatMap((line) => {
      const [, name] = /^(\w+)\(/.exec(line) ?? [];
      if (name === undefined) return [];
      const occurrence = (counts.get(name) ?? 0) + 1;
      counts.set(name, occurrence);
      return [{ name, occurrence, line }];
    });
  }

  /** What the injection met. Null: nothing. */
  met(worker: WorkerName): string | null {
    const lines = this.#log(worker);
    return lines.find((line) => line.includes('(INJECTED)') || line.includes('+++ killed by')) ?? null;
  }

  #log(worker: WorkerName): string[] {
    const path = join(this.#directory, `${worker}.log`);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  }

  #plan(worker: WorkerName, options: string): void {
    rmSync(join(this.#directory, `${worker}.log`), { force: true });
    writeFileSync(join(this.#directory, worker), `${options}\n`);
  }

  #script(): string {
    return `#!/bin/sh
worker=\${1##*/}
worker=\${worker%.js}
options=
if [ -e '${this.#directory}/'"$worker" ]; then
  read -r options <'${this.#directory}/'"$worker"
  exec strace -DD -q -y -s 16 -o '${this.#directory}/'"$worker.log" $options '${process.execPath}' "$@"
fi
exec '${process.execPath}' "$@"
`;
  }
}
