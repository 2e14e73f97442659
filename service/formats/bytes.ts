/** Bytes in, pulled by whoever needs them. Calls block; they are made where nothing else has to run. */
export interface ByteSource {
  /**
   * Fills `buffer` from `offset` with at most `length` bytes and gives back how many there were, at least one;
   * 0 only at the end of the data.
   *
   * @throws Failure Corrupt on damaged data, UnsupportedFormat on data that cannot be decoded or exceeds a limit, SystemError
   * or Error of node on failed reads
   */
  read(buffer: Buffer, offset: number, length: number): number;
  /** Where zeros need not be looked at: skips those that come next and gives back how many there were, perhaps none. */
  skipZeros?(): number;
}

/** Bytes out. Calls block until everything is written. */
export interface ByteSink {
  write(buffer: Buffer, offset: number, length: number): void;
}

/**
 * Bytes in, to be encoded and written to a sink.
 *
 * @throws what the sink throws, from `write` and `finish`
 */
export interface Encoder extends ByteSink, Disposable {
  /** Writes what is left and the end mark. Nothing may be written afterwards. */
  finish(): void;
}
