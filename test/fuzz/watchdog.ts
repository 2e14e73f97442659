import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Most seconds that one input may take. */
const limitSeconds = 20;
const lengthMax = 1 << 20;

/** Ends this process when an input takes too long, after writing that input to `path`. Gives back what to call before each. */
export function startWatchdog(path: string): (input: Buffer) => void {
  const shared = new SharedArrayBuffer(8 + lengthMax);
  const [numbers, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)];
  new Worker(new URL(import.meta.url), { workerData: { shared, path } }).unref();
  return (input) => {
    bytes.set(input);
    numbers[1] = input.length;
    Atomics.add(numbers, 0, 1);
  };
}

function watch({ shared, path }: { shared: SharedArrayBuffer; path: string }): void {
  const [numbers, bytes] = [new Int32Array(shared, 0, 2), Buffer.from(shared, 8)];
  let [last, since] = [-1, 0];
  setInterval(() => {
    const current = Atomics.load(numbers, 0);
    since = current === last && current > 0 ? since + 1 : 0;
    last = current;
    if (since < limitSeconds) return;
    process.stderr.write(`An input took more than ${limitSeconds} seconds: ${path}\n`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes.subarray(0, numbers[1]));
    process.kill(process.pid, 'SIGKILL');
  }, 1000);
}

if (!isMainThread && workerData) watch(workerData);
