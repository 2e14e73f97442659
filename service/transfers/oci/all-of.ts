/**
 * Does something with each of some things, with so many of them at once. When one fails the others are ended, and no more are begun:
 * its failure is that of all.
 *
 * @param work is given a signal, which is raised when `signal` is, or another one has failed
 * @throws what the first one throws that fails; the reason of `signal` once that is raised
 */
export async function allOf<Thing>(
  things: readonly Thing[],
  atOnce: number,
  signal: AbortSignal,
  work: (thing: Thing, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const waiting = things.values();
  const worker = async (): Promise<void> => {
    // All workers take from one iterator.
    for (const thing of waiting) {
      either.throwIfAborted();
      await work(thing, either);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
    });
  await Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, guarded));
  either.throwIfAborted();
}
