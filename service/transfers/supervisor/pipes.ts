import { Failure } from '../../../common/failure.js';
import { errnoName } from '../../../linux/errno.js';
import { pipe } from '../../../linux/process.js';
import type { FirstOrder } from '../../processes/ipc/messages.js';
import { OwnedDescriptors } from '../owned-descriptors.js';
import type { Supervisor } from './supervisor.js';
import { startErrorOf } from './worker-process.js';

/** Capacity of the pipes between the processes of a transfer, in bytes. */
const pipeCapacity = 1024 * 1024;

/** What a process is told at its start, and given after its ends of pipes. */
interface Part<Order> {
  readonly order: Order;
  readonly descriptors: readonly number[];
}

/** The processes of an import or export. */
export interface ProcessPair {
  readonly placement: Part<FirstOrder<'placement'>>;
  /** Without an order: it is told later. Undefined where nothing is decoded or encoded. */
  readonly decode: Part<FirstOrder<'decode'> | undefined> | undefined;
  /** Which way the bytes go. */
  readonly direction: 'in' | 'out';
}

/** The processes of a pull that are there from its beginning. */
export interface PullParts {
  readonly placement: Part<FirstOrder<'placement'>>;
  readonly fetch: Part<FirstOrder<'fetch'>>;
  /** Whether it is likely that something has to be decoded. */
  readonly decodes: boolean;
}

/** @throws Failure WorkerFailed when there can be no more pipes */
function newPipe(): { readEnd: number; writeEnd: number } {
  try {
    return pipe(pipeCapacity);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    const message = `Cannot make a pipe for the processes of the transfer: ${startErrorOf(error)}; wait for other transfers to end and try again`;
    throw new Failure('WorkerFailed', message, { process: 'service' });
  }
}

/** Makes a pipe whose ends belong to these. */
function openPipe(readEnds: OwnedDescriptors, writeEnds: OwnedDescriptors): { readEnd: number; writeEnd: number } {
  const ends = newPipe();
  readEnds.add(ends.readEnd);
  writeEnds.add(ends.writeEnd);
  return ends;
}

/** Starts the processes of an import or export, with a pipe between them. */
export function startPair(supervisor: Supervisor, { placement, decode, direction }: ProcessPair): void {
  using ends = new OwnedDescriptors();
  const { readEnd, writeEnd } = openPipe(ends, ends);
  const [placementEnd, decodeEnd] = direction === 'in' ? [readEnd, writeEnd] : [writeEnd, readEnd];
  supervisor.start('placement', [placementEnd, ...placement.descriptors], placement.order);
  if (decode !== undefined) supervisor.start('decode', [decodeEnd, ...decode.descriptors], decode.order);
  supervisor.endSpares();
}

/** Starts the processes that look into an archive, with a pipe between them. */
export function startCollecting(
  supervisor: Supervisor,
  fetch: Part<FirstOrder<'fetch'>>,
  decode: Part<FirstOrder<'decode'>>,
): void {
  using ends = new OwnedDescriptors();
  const { readEnd, writeEnd } = openPipe(ends, ends);
  supervisor.start('fetch', [readEnd, ...fetch.descriptors], fetch.order);
  supervisor.start('decode', [writeEnd, ...decode.descriptors], decode.order);
}

/** The processes of a pull, with a pipe from each to the ones that come after it. */
export class PullProcesses implements Disposable {
  readonly #supervisor: Supervisor;
  /** Of the pipes to placement and from fetch, until the decode process has them. */
  readonly #decodeEnds = new OwnedDescriptors();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** The decode process comes when it is asked for, unless one waits or is likely to be needed: then it has its ends already. */
  start({ placement, fetch, decodes }: PullParts): void {
    using ends = new OwnedDescriptors();
    const fetched = openPipe(ends, ends);
    const encoded = openPipe(this.#decodeEnds, ends);
    const decoded = openPipe(ends, this.#decodeEnds);
    const placementEnds = [fetched.readEnd, decoded.readEnd];
    this.#supervisor.start('placement', [...placementEnds, ...placement.descriptors], placement.order);
    this.#supervisor.start('fetch', [fetched.writeEnd, encoded.writeEnd, ...fetch.descriptors], fetch.order);
    if (decodes || this.#supervisor.hasSpare('decode')) this.#startDecode();
    this.#supervisor.endSpares();
  }

  /** Has the decode process do something. */
  decode(order: FirstOrder<'decode'>): void {
    if (this.#decodeEnds.numbers.length > 0) this.#startDecode();
    this.#supervisor.send('decode', order);
  }

  #startDecode(): void {
    using ends = this.#decodeEnds.move();
    const [encoded = -1, decoded = -1] = ends.numbers;
    this.#supervisor.start('decode', [decoded, encoded]);
  }

  /** Closes what no process has been given. */
  [Symbol.dispose](): void {
    this.#decodeEnds[Symbol.dispose]();
  }
}
