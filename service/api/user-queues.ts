import { VarlinkError } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';

/** Who calls, and whether they still wait for the answer. */
export type Caller = Pick<ServerCall, 'peer' | 'closed'>;

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

/** EBUSY of errno(3). */
function busy(): VarlinkError {
  return new VarlinkError('io.systemd.System', { origin: 'linux', errno: 16, errnoName: 'EBUSY' });
}

/** Lets each user have only so many of something at once; a bounded number of that user's calls wait for it. */
export class UserQueues {
  readonly #atOnce: number;
  readonly #waitingMax: number;
  readonly #queues = new Map<number, Queue>();

  constructor(atOnce: number, waitingMax: number) {
    this.#atOnce = atOnce;
    this.#waitingMax = waitingMax;
  }

  /**
   * Runs work when it is the caller's turn.
   *
   * @throws VarlinkError io.systemd.System EBUSY when too many calls of the user wait already
   * @throws ConnectionClosed or SystemError, the reason of `closed`, when the caller has gone before its turn
   * @throws whatever `work` rejects with
   */
  async run<Value>({ peer, closed }: Caller, work: () => Promise<Value>): Promise<Value> {
    const queue = this.#queueOf(peer.uid);
    if (queue.running >= this.#atOnce) {
      if (queue.waiting.length >= this.#waitingMax) throw busy();
      await new Promise<void>((resolve) => queue.waiting.push(resolve));
    } else queue.running += 1;
    try {
      closed.throwIfAborted();
      return await work();
    } finally {
      this.#passOn(peer.uid, queue);
    }
  }

  #queueOf(uid: number): Queue {
    const queue = this.#queues.get(uid) ?? { running: 0, waiting: [] };
    this.#queues.set(uid, queue);
    return queue;
  }

  /** The place goes to the next one in line, without being free in between. */
  #passOn(uid: number, queue: Queue): void {
    const next = queue.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    queue.running -= 1;
    if (queue.running === 0) this.#queues.delete(uid);
  }
}
