import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Environment } from '../../../common/environment.js';
import { Failure, firstError } from '../../../common/failure.js';
import { type LevelName, priorities } from '../../../common/log/log-settings.js';
import { failureKindValues } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { moveDescriptor } from '../../../linux/descriptors.js';
import { waitUntilReady } from '../../../linux/poll.js';
import { dieWithParent, exitNow } from '../../../linux/process.js';
import { receive } from '../../../linux/sockets.js';
import { cutText, readable } from '../../../varlink/text.js';
import { messageMax, stackMax } from './bounds.js';
import type { Leftover, WorkerMessage } from './messages.js';

/** Of the paths in one message, in UTF-16 code units: each may take six bytes in JSON, and the rest of 1000 leftovers 85 KiB. */
const leftoversLength = 25_000;
/** Of leftovers in one message. */
const leftoversMax = 1000;

export const controlDescriptor = 3;
export const dataDescriptor = 4;
/** Files that the daemon opened for a worker follow from here. */
export const firstFileDescriptor = 5;
/** In a pull: the pipe to the decode process, as fetch has it, and the one from there, as placement has it. */
export const decodeDescriptor = 5;
/** Files for fetch and for placement of a pull follow from here. */
export const firstPullFileDescriptor = 6;

/** Environment variable that tells a worker who has started it. */
export const parentVariable = 'FERRY_PARENT_PID';

/** What a worker is told that was started before there was a transfer. */
export const spareArgument = 'spare';

/** Whether there is time to make ready for whatever will be asked. */
export function isSpare(): boolean {
  return process.argv[2] === spareArgument;
}

/** Says something to the daemon. Blocks until it is written, so that nothing is lost when the process ends. */
export function tell(message: WorkerMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < line.length; ) written += writeSync(controlDescriptor, line, written);
}

/** Says something to people. */
export function log(level: LevelName, message: string): void {
  tell({ type: 'log', priority: priorities[level], message: speakable(message, messageMax) });
}

/** Text as a message may have it. What a stranger wrote may be part of it, of any length. */
export function speakable(text: string, lengthMax: number): string {
  return cutText(readable(text), lengthMax);
}

/** Undefined for an offset that a file of strangers names and that is beyond all numbers a message can have. */
function speakableFact(fact: unknown): unknown {
  if (typeof fact === 'string') return speakable(fact, messageMax);
  return typeof fact === 'number' && !(Number.isSafeInteger(fact) && fact >= 0) ? undefined : fact;
}

let pending = Buffer.alloc(0);

/**
 * Reads what the daemon has sent; undefined at its end. Blocks the thread. A process that was started before there was a transfer
 * gets the descriptors of it so: they take their places, which were kept for them.
 */
function readControl(chunk: Buffer): Buffer | undefined {
  for (;;) {
    waitUntilReady([{ descriptor: controlDescriptor, for: 'reading' }]);
    const received = receive(controlDescriptor, chunk, chunk.length);
    if (received === 'EAGAIN' || received === 'EINTR') continue;
    if (typeof received === 'string') throw new Error(`cannot hear the service: ${received}`);
    for (const [index, descriptor] of received.descriptors.entries())
      moveDescriptor(descriptor, dataDescriptor + index);
    return received.count === 0 ? undefined : chunk.subarray(0, received.count);
  }
}

/** Waits for the next line of the daemon; undefined when the daemon is gone or has given the transfer up. Blocks the thread. */
export function waitForDaemon(): unknown {
  const chunk = Buffer.alloc(1 << 16);
  for (;;) {
    const end = pending.indexOf(10);
    if (end >= 0) {
      const line = pending.subarray(0, end);
      pending = pending.subarray(end + 1);
      // An empty one only brings descriptors.
      if (line.length > 0) return JSON.parse(line.toString());
      continue;
    }
    const more = readControl(chunk);
    if (more === undefined) return undefined;
    pending = Buffer.concat([pending, more]);
  }
}

function report(thrown: unknown): void {
  const error = firstError(thrown);
  const kind = error instanceof Failure ? failureKindValues.find((known) => known === error.kind) : undefined;
  if (error instanceof Failure && kind !== undefined) {
    const facts = Object.entries(error.facts).map(([name, fact]) => [name, speakableFact(fact)]);
    const message = speakable(error.message, messageMax);
    tell({ type: 'failure', kind, message, facts: Object.fromEntries(facts) });
  } else {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ type: 'bug', stack: speakable(stack, stackMax) });
  }
}

/** Tells of what was removed, or would be, in as many messages as it takes. */
export function tellLeftovers(leftovers: readonly Leftover[]): void {
  let some: Leftover[] = [];
  let length = 0;
  for (const leftover of leftovers) {
    const path = readable(leftover.path);
    if (some.length === leftoversMax || length + path.length > leftoversLength) {
      tell({ type: 'leftovers', leftovers: some });
      [some, length] = [[], 0];
    }
    some.push({ ...leftover, path });
    length += path.length;
  }
  if (some.length > 0) tell({ type: 'leftovers', leftovers: some });
}

/**
 * Runs a worker's work and ends the process: with status 1 when something was thrown, which is told to the daemon. Dies with the
 * daemon. All that was to be said has been written by then.
 */
export async function runWorker(environment: Environment, work: () => void | Promise<void>): Promise<void> {
  dieWithParent(constants.signals.SIGKILL);
  // The parent may have ended before that: then there is nobody to work for.
  if (String(process.ppid) !== environment[parentVariable]) exitNow(0);
  let status = 0;
  try {
    await work();
  } catch (error) {
    status = 1;
    report(error);
  }
  exitNow(status);
}
