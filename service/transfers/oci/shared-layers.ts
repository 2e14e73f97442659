import { addAbortListener } from 'node:events';
import { priorities } from '../../../common/log/log.js';
import type { RunningTransfer, Transfer } from '../transfer.js';

/** A layer that is coming. */
interface Coming {
  readonly transfer: Transfer;
  /** Resolves when it has come, or is not coming any more. */
  readonly ended: Promise<void>;
}

/** Resolves with the promise, which never rejects, or once the signal is raised. */
async function within(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let wake = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    wake = resolve;
  });
  using _listener = addAbortListener(signal, () => wake());
  await Promise.race([promise, aborted]);
  signal.throwIfAborted();
}

/** Layers that transfers of this service download: a second one that needs the same layer waits for the first. */
export class SharedLayers {
  readonly #coming = new Map<string, Coming>();

  /**
   * Sees to it that a layer is there.
   *
   * @param place what tells it from other layers: its directory
   * @param isThere whether it is there now
   * @param bring downloads it
   * @throws whatever `bring` throws, and the reason of the signal of `running` once that is raised
   */
  async have(
    place: string,
    { transfer, signal }: RunningTransfer,
    isThere: () => boolean,
    bring: () => Promise<void>,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (isThere()) return;
      const other = this.#coming.get(place);
      if (other === undefined) return await this.#bring(place, transfer, bring);
      const { id } = other.transfer.subject;
      transfer.say(priorities.info, `Waiting for a layer that transfer ${id} downloads`);
      await within(other.ended, signal);
    }
  }

  async #bring(place: string, transfer: Transfer, bring: () => Promise<void>): Promise<void> {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#coming.set(place, { transfer, ended });
    try {
      await bring();
    } finally {
      this.#coming.delete(place);
      end();
    }
  }
}
