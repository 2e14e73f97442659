/** Bytes in, pulled by whoever needs them. Calls block; they are made where nothing else has to run. */
export interface ByteSource {
  /**
   * Fills `buffer` from `offset` with at most `length` bytes and gives back how many there were, at least one;
   * 0 only at the end of the data. Throws a Failure on damaged data and a SystemError (or node's own) on failed reads.
   */
  read(buffer: Buffer, offset: number, length: number): number;
  /** Where zeros need not be looked at: skips those that come next and gives back how many there were, perhaps none. */
  skipZeros?(): number;
}

/** Bytes out. Calls block until everything is written. */
export interface ByteSink {
  write(buffer: Buffer, offset: number, length: number): void;
}

/** Bytes in, to be encoded and written to a sink. Errors of the sink pass through. */
export interface Encoder extends ByteSink, Disposable {
  /** Writes what is left and the end mark. Nothing may be written afterwards. */
  finish(): void;
}
