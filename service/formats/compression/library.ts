import { loadLibrary, type NativeFunction } from '../../../linux/native.js';

/** A loaded shared library. */
export interface Library {
  /** Binds a function by its C prototype. Throws if the library lacks it. */
  bind<Result extends number | bigint | string | null>(prototype: string): NativeFunction<Result>;
  /** As `bind`, or null if this version of the library lacks the function. */
  find<Result extends number | bigint | string | null>(prototype: string): NativeFunction<Result> | null;
  /** The address of a function, to be handed to another one. */
  addressOf(name: string): bigint;
}

/** Loads the first of several sonames that is there; null means those of node itself. Null when none is. */
export type LibraryLoader = (sonames: (string | null)[]) => Library | null;

/** Loads from the host's library path: the distribution keeps these libraries patched. */
export const hostLibraries: LibraryLoader = (sonames) => {
  for (const soname of sonames) {
    const handle = tryLoad(soname);
    if (handle) return wrap(handle);
  }
  return null;
};

/**
 * A library's calls go to the library itself first (RTLD_DEEPBIND of dlopen(3)). Else they would go to functions of the same names
 * that node exports from copies of its own: since Node 22 those are libzstd's, of another version. For node itself it changes nothing.
 */
const libraryBinding = { deep: true } as const;

type LibraryHandle = ReturnType<typeof loadLibrary>;

function tryLoad(soname: string | null): LibraryHandle | null {
  try {
    return loadLibrary(soname, libraryBinding);
  } catch {
    return null;
  }
}

function wrap(handle: LibraryHandle): Library {
  return {
    bind: (prototype) => handle.func(prototype),
    find: (prototype) => {
      try {
        return handle.func(prototype);
      } catch {
        return null;
      }
    },
    addressOf: (name) => BigInt(handle.symbol(name)),
  };
}
