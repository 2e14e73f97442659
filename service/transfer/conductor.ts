import type { Begun, WorkerName } from '../confinement/needs.js';
import type { Walls } from '../confinement/walls.js';
import { escapeText } from '../escape.js';
import { Failure } from '../failure.js';
import { failOn } from '../store/fileSystemFailure.js';
import { pipe } from '../system/process.js';
import type { PlacementOrder } from '../worker/messages.js';
import type { Aftermath } from './aftermath.js';
import { closeAll } from './descriptors.js';
import { type Host, workerEnvironment } from './host.js';
import { cleanRoot, noteRoot } from './leftovers.js';
import { observe } from './observe.js';
import type { Result, Transfer } from './transfer.js';
import { Workers } from './workers.js';

/** Capacity of the pipe between the processes of a transfer, in bytes. */
const pipeCapacity = 1024 * 1024;

/** The processes of one transfer, with the pipe between them. */
export interface Crew {
  workers: Workers;
  /** Starts both. `sourceEnd` is who writes into the pipe; descriptors follow it, for both or for the one that is named. */
  start(plan: CrewPlan): void;
}

export interface CrewPlan {
  placement: PlacementOrder;
  /** Null: no stream process is needed. */
  stream: { order: object | null; descriptors: readonly number[] } | null;
  /** Descriptors that the placement process gets after its end of the pipe. */
  placementDescriptors: readonly number[];
  /** Which way the bytes go. */
  direction: 'in' | 'out';
}

function crewOf(host: Host, walls: Walls, workers: Workers): Crew {
  const environment = workerEnvironment(host);
  return {
    workers,
    start({ placement, stream, placementDescriptors, direction }) {
      const { readEnd, writeEnd } = pipe(pipeCapacity);
      const [placementEnd, streamEnd] = direction === 'in' ? [readEnd, writeEnd] : [writeEnd, readEnd];
      const launch = (name: 'stream' | 'placement', descriptors: number[]) =>
        workers.start({ name, command: walls.command(name), descriptors, environment, spares: host.spares });
      try {
        launch('placement', [placementEnd, ...placementDescriptors]).send(placement);
        if (stream === null) return;
        const worker = launch('stream', [streamEnd, ...stream.descriptors]);
        if (stream.order !== null) worker.send(stream.order);
      } finally {
        closeAll([readEnd, writeEnd]);
      }
    },
  };
}

/** What a process of the transfer starts another one with. */
export type Lend = (name: WorkerName) => string[];

/**
 * Runs the processes of a transfer: whatever way it ends, none of them and nothing of theirs is left. `conduct` starts them and
 * gives back the result, or null when one of them has failed. Rejects with a Failure.
 */
export async function withCrew(
  host: Host,
  imageRoot: string,
  aftermath: Aftermath,
  transfer: Transfer,
  signal: AbortSignal,
  conduct: (crew: Crew, lend: Lend) => Promise<Result | null>,
): Promise<Result> {
  failOn(host.runtimeDirectory, () => noteRoot(host, imageRoot));
  const workers = new Workers(observe(transfer, host.log), signal, aftermath);
  const lent: Begun[] = [];
  let result: Result | null = null;
  let mistake: unknown = null;
  try {
    const walls = await host.walls;
    signal.throwIfAborted();
    const lend: Lend = (name) => {
      const begun = walls.command(name).begin();
      lent.push(begun);
      return [...begun.words];
    };
    result = await conduct(crewOf(host, walls, workers), lend);
    if (result === null) workers.giveUp();
  } catch (error) {
    mistake = error;
    workers.kill();
  }
  const failure = await workers.finish();
  for (const begun of lent) begun.end();
  if (workers.killed) {
    transfer.enter('cleaning');
    await cleanRoot(host, imageRoot);
  }
  // What happens to a process after it has said that all is done changes nothing: the image is there.
  if (result !== null) return result;
  throw (
    (signal.aborted ? endedEarly(signal.reason, aftermath) : (mistake ?? failure)) ??
    new Error('the processes of the transfer ended well without a result')
  );
}

/** Why a transfer was ended. A kill may come after the rename that gives the image its name: then the reason says so. */
function endedEarly(reason: unknown, aftermath: Aftermath): unknown {
  if (!(reason instanceof Failure) || !aftermath.isPlaced()) return reason;
  return new Failure(reason.kind, `The transfer was ended too late: ${aftermath.tell()}`, reason.facts);
}

/** Throws when a process names what it cannot have made: a path that is not below the image directory. */
export function checkPlaces(name: string, imageRoot: string, paths: readonly (string | null)[]): void {
  const root = imageRoot.replace(/\/+$/, '');
  const isBelow = (path: string) => path.startsWith(`${root}/`) && !/\/(\.{0,2})(\/|$)/.test(path.slice(root.length));
  const wrong = paths.find((path) => path !== null && !isBelow(path));
  if (wrong === undefined || wrong === null) return;
  const message = `The ${name} process of the transfer names ${escapeText(wrong)}, which is not in ${escapeText(imageRoot)}`;
  throw new Failure('WorkerFailed', message, { process: name });
}

/** Throws when what one process sent is not what the other received: then nothing may be installed. */
export function checkCounts(sent: number, received: number): void {
  if (sent === received) return;
  const message = `The stream process sent ${sent} bytes and the placement process received ${received}; nothing was placed`;
  throw new Failure('WorkerFailed', message, { process: 'stream' });
}
