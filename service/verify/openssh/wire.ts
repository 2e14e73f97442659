/** Reads the data types of SSH (RFC 4251 §5). Every method throws a RangeError where the bytes do not suffice. */
export class SshReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError('cut short');
    const part = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return part;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  /** A string that is a name: no NUL in it (sshbuf_get_cstring). */
  name(): string {
    const bytes = this.string();
    if (bytes.includes(0)) throw new RangeError('a name with a NUL');
    return bytes.toString();
  }

  /** A string that holds strings. */
  strings(): Buffer[] {
    const inner = new SshReader(this.string());
    const found: Buffer[] = [];
    while (!inner.isAtEnd) found.push(inner.string());
    return found;
  }

  /** @throws RangeError if there are bytes left */
  end(): void {
    if (!this.isAtEnd) throw new RangeError('bytes after the end');
  }
}

/** A string as SSH writes it: its length, then its bytes. */
export function sshString(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * The magnitude of an integer (mpint), filled up on the left to a width in bytes if there is one.
 *
 * @throws RangeError if it is negative or wider
 */
export function unsigned(mpint: Buffer, width?: number): Buffer {
  if (((mpint[0] ?? 0) & 0x80) !== 0) throw new RangeError('a negative number');
  const start = mpint.findIndex((byte) => byte !== 0);
  const magnitude = start < 0 ? Buffer.alloc(0) : mpint.subarray(start);
  if (width === undefined) return magnitude;
  if (magnitude.length > width) throw new RangeError('a number that is too large');
  return Buffer.concat([Buffer.alloc(width - magnitude.length), magnitude]);
}

/** What `read` makes of some bytes; undefined where they are not of its form. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
