import { loadLibrary, type NativeFunction } from '../../../linux/native.js';

/** A loaded shared library. */
export interface Library {
  /**
   * Binds a function by its C prototype.
   *
   * @throws Error when the library lacks it
   */
  bind<Result extends number | bigint | string | undefined>(prototype: string): NativeFunction<Result>;
  /** As `bind`, or undefined if this version of the library lacks the function. */
  find<Result extends number | bigint | string | undefined>(prototype: string): NativeFunction<Result> | undefined;
  /** The address of a function, to be handed to another one. */
  addressOf(name: string): bigint;
}

/** Loads the first of several sonames that is there; undefined means those of node itself. Undefined when none is. */
export type LibraryLoader = (sonames: (string | undefined)[]) => Library | undefined;

/** Loads from the host's library path: the distribution keeps these libraries patched. */
export const hostLibraries: LibraryLoader = (sonames) => {
  for (const soname of sonames) {
    const handle = tryLoad(soname);
    if (handle) return wrap(handle);
  }
  return undefined;
};

/**
 * A library's calls go to the library itself first (RTLD_DEEPBIND of dlopen(3)). Else they would go to functions of the same names
 * that node exports from copies of its own: since Node 22 those are libzstd's, of another version. For node itself it changes nothing.
 */
const libraryBinding = { deep: true } as const;

type LibraryHandle = ReturnType<typeof loadLibrary>;

function tryLoad(soname: string | undefined): LibraryHandle | undefined {
  try {
    return loadLibrary(soname ?? null, libraryBinding);
  } catch {
    return undefined;
  }
}

function wrap(handle: LibraryHandle): Library {
  return {
    bind: (prototype) => handle.func(prototype),
    find: (prototype) => {
      try {
        return handle.func(prototype);
      } catch {
        return undefined;
      }
    },
    addressOf: (name) => BigInt(handle.symbol(name)),
  };
}
