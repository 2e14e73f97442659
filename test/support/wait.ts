import { setTimeout as pause, setImmediate } from 'node:timers/promises';

/** What has not come by then never will, in milliseconds. Far more than the busiest machine needs. */
const timeoutMs = 180_000;

/** Errors of a condition that looks at a file or process which has not come yet, or is going away while it is looked at. */
const absences = ['ENOENT', 'ENOTDIR', 'ESRCH'];

/**
 * Waits while something is so, for three minutes at most, asking every `interval` milliseconds; 0 asks at each turn of the
 * event loop, also where a test has replaced the clock. A condition that looks at a file or process which is not there
 * is asked again, so that none has to look first whether it is.
 *
 * @throws Error with the condition when that does not end, and whatever else the condition throws
 */
export async function waitWhile(condition: () => boolean | Promise<boolean>, interval = 10): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let state = await ask(condition); state !== false; state = await ask(condition)) {
    if (performance.now() > deadline)
      throw new Error(`Waited for ${timeoutMs / 1000} s while ${condition}`, { cause: state });
    await (interval > 0 ? pause(interval) : setImmediate());
  }
}

/** What a condition says, or that something it looks at is not there. */
async function ask(condition: () => boolean | Promise<boolean>): Promise<boolean | Error> {
  try {
    return await condition();
  } catch (error) {
    if (error instanceof Error && 'code' in error && absences.includes(String(error.code))) return error;
    throw error;
  }
}

/** Waits until something is so. @throws Error as waitWhile() does */
export function waitUntil(condition: () => boolean, interval = 10): Promise<void> {
  const absent = () => !condition();
  absent.toString = () => `not ${condition}`;
  return waitWhile(absent, interval);
}

/** Waits for what `find` gives, and gives it back. @throws Error as waitWhile() does */
export async function waitFor<Value>(
  find: () => Value | undefined | Promise<Value | undefined>,
  interval = 10,
): Promise<Value> {
  const found: Value[] = [];
  const isMissing = async () => {
    const value = await find();
    if (value !== undefined) found.push(value);
    return value === undefined;
  };
  isMissing.toString = () => `undefined came of ${find}`;
  await waitWhile(isMissing, interval);
  const [value] = found;
  if (value === undefined) throw new Error('nothing was found');
  return value;
}
