import { pipe } from '../../../linux/process.js';
import type { PlacementOrder } from '../../processes/ipc/messages.js';
import type { Sandbox } from '../../sandbox/needs.js';
import { workerEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { closeAll } from './descriptors.js';
import type { Workers } from './workers.js';

/** Capacity of the pipes between the processes of a transfer, in bytes. */
const pipeCapacity = 1024 * 1024;

/** What a process is told at its start, and given after its ends of pipes. */
interface Part {
  /** Null: it is told later. */
  order: object | null;
  descriptors: readonly number[];
}

export interface CrewPlan {
  placement: Part & { order: PlacementOrder };
  /** Null: no decode process is needed. */
  decode: Part | null;
  /** Which way the bytes go. */
  direction: 'in' | 'out';
}

export interface PullCrewPlan {
  placement: Part & { order: PlacementOrder };
  fetch: Part;
  /** Whether it is likely that something has to be decoded. */
  decodes: boolean;
}

/** The processes of one transfer, with the pipes between them. Disposal closes what no process has been given. */
export class Crew implements Disposable {
  readonly workers: Workers;
  readonly #host: Host;
  readonly #sandbox: Sandbox;
  /** Of the pipes to placement and from fetch, until the process has them. */
  #decodeEnds: number[] = [];

  constructor(host: Host, sandbox: Sandbox, workers: Workers) {
    this.#host = host;
    this.#sandbox = sandbox;
    this.workers = workers;
  }

  /** Starts the processes of an import or export, with a pipe between them. */
  start({ placement, decode, direction }: CrewPlan): void {
    const { readEnd, writeEnd } = pipe(pipeCapacity);
    const [placementEnd, decodeEnd] = direction === 'in' ? [readEnd, writeEnd] : [writeEnd, readEnd];
    try {
      this.#launch('placement', [placementEnd], placement);
      if (decode !== null) this.#launch('decode', [decodeEnd], decode);
    } finally {
      closeAll([readEnd, writeEnd]);
    }
    this.#host.spares.endRest();
  }

  /**
   * Starts the processes of a pull, with a pipe from each to the ones that come after it. The decode process comes when it is asked
   * for, unless one waits or is likely to be: then it has its ends of the pipes already.
   */
  startPull({ placement, fetch, decodes }: PullCrewPlan): void {
    const [fetched, encoded, decoded] = [pipe(pipeCapacity), pipe(pipeCapacity), pipe(pipeCapacity)];
    this.#decodeEnds = [decoded.writeEnd, encoded.readEnd];
    try {
      this.#launch('placement', [fetched.readEnd, decoded.readEnd], placement);
      this.#launch('fetch', [fetched.writeEnd, encoded.writeEnd], fetch);
    } finally {
      closeAll([fetched.readEnd, fetched.writeEnd, encoded.writeEnd, decoded.readEnd]);
    }
    if (decodes || this.#host.spares.has('decode')) this.#startDecode();
  }

  /** Has the decode process of a pull do something. */
  decode(order: object): void {
    if (this.#decodeEnds.length > 0) this.#startDecode();
    this.workers.send('decode', order);
  }

  #startDecode(): void {
    const ends = this.#decodeEnds;
    this.#launch('decode', ends, { order: null, descriptors: [] });
    this[Symbol.dispose]();
  }

  #launch(name: 'fetch' | 'decode' | 'placement', ends: number[], { order, descriptors }: Part): void {
    const worker = this.workers.start({
      name,
      command: this.#sandbox.command(name),
      descriptors: [...ends, ...descriptors],
      environment: workerEnvironment(this.#host),
      spares: this.#host.spares,
    });
    if (order !== null) worker.send(order);
  }

  [Symbol.dispose](): void {
    closeAll(this.#decodeEnds);
    this.#decodeEnds = [];
  }
}
