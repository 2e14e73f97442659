/*
 * Sizes of structs of the compression libraries and offsets of what Ferry uses in them, in bytes, on 64-bit Linux, under the names of
 * their headers. A test compares all of them with these.
 */

export const z_stream = {
  sizeof: 112,
  next_in: 0,
  avail_in: 8,
  next_out: 24,
  avail_out: 32,
} as const;
export const bz_stream = {
  sizeof: 80,
  next_in: 0,
  avail_in: 8,
  next_out: 24,
  avail_out: 32,
} as const;
export const lzma_stream = {
  sizeof: 136,
  next_in: 0,
  avail_in: 8,
  next_out: 24,
  avail_out: 32,
} as const;
export const lzma_mt = {
  sizeof: 128,
  flags: 0,
  threads: 4,
  preset: 20,
  check: 32,
  memlimit_threading: 64,
  memlimit_stop: 72,
} as const;
export const ZSTD_inBuffer = { sizeof: 24, src: 0, size: 8, pos: 16 } as const;
/** For the same class as ZSTD_inBuffer. */
export const ZSTD_outBuffer = { sizeof: 24, dst: 0, size: 8, pos: 16 } as const;
/** Of the counters in z_stream and bz_stream, in lzma_stream, and of addresses. */
export const sizes = { 'unsigned int': 4, size_t: 8, 'void *': 8 } as const;
