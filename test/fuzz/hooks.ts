import type { InitializeHook, LoadHook } from 'node:module';
import { instrument, pointsMax } from './instrument.js';

// Runs in the thread that loads modules (module.register): what is fuzzed counts its branches.

/** How many branches there are so far. */
let points: Int32Array = new Int32Array(1);

export const initialize: InitializeHook<Int32Array> = (shared) => {
  points = shared;
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!/\/build\/(linux|common|varlink|service)\//.test(url) || loaded.format !== 'module' || !loaded.source)
    return loaded;
  const first = points[0] ?? 0;
  const instrumented = instrument(Buffer.from(loaded.source as Uint8Array).toString(), first);
  points[0] = first + instrumented.points;
  if (points[0] > pointsMax) throw new RangeError(`more than ${pointsMax} branches: raise POINTS_MAX`);
  return { ...loaded, source: instrumented.code };
};
