/*
 * Constants of zlib.h, bzlib.h, lzma.h, zstd.h, zstd_errors.h and lz4frame.h, under the names that they have there. A test compares
 * all of them with these.
 */

export const Z_NO_FLUSH = 0;
export const Z_FINISH = 4;
export const Z_OK = 0;
export const Z_STREAM_END = 1;
export const Z_NEED_DICT = 2;
export const Z_MEM_ERROR = -4;
export const Z_BUF_ERROR = -5;
export const Z_DEFLATED = 8;
export const Z_DEFAULT_STRATEGY = 0;

export const BZ_RUN = 0;
export const BZ_FINISH = 2;
export const BZ_OK = 0;
export const BZ_STREAM_END = 4;
export const BZ_MEM_ERROR = -3;

export const LZMA_OK = 0;
export const LZMA_STREAM_END = 1;
export const LZMA_UNSUPPORTED_CHECK = 3;
export const LZMA_MEM_ERROR = 5;
export const LZMA_MEMLIMIT_ERROR = 6;
export const LZMA_OPTIONS_ERROR = 8;
export const LZMA_BUF_ERROR = 10;
export const LZMA_RUN = 0;
export const LZMA_FINISH = 3;
export const LZMA_FULL_BARRIER = 4;
export const LZMA_TELL_UNSUPPORTED_CHECK = 0x02;
export const LZMA_CHECK_CRC64 = 4;
export const LZMA_FILTER_LZMA2 = 0x21;

export const ZSTD_MAGICNUMBER = 0xfd2fb528;
export const ZSTD_d_windowLogMax = 100;
export const ZSTD_c_compressionLevel = 100;
export const ZSTD_c_checksumFlag = 201;
export const ZSTD_c_nbWorkers = 400;
export const ZSTD_reset_session_only = 1;
export const ZSTD_e_continue = 0;
export const ZSTD_e_end = 2;
export const ZSTD_error_frameParameter_windowTooLarge = 16;
export const ZSTD_error_dictionary_wrong = 32;
export const ZSTD_error_memory_allocation = 64;

export const LZ4F_VERSION = 100;
