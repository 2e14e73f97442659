/** No message of a worker is longer, in bytes. */
const lengthMax = 16 * 1024 * 1024;

/** Puts lines together from the pieces they arrive in. Nothing but a newline ends one: not U+2028, which JSON leaves as it is. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Throws RangeError when a line becomes too long to be a message, and what `onLine` throws. */
  add(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#keep(rest.subarray(0, end));
      const line = Buffer.concat(this.#pieces).toString();
      this.#pieces = [];
      this.#length = 0;
      this.#onLine(line);
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > lengthMax) throw new RangeError(`a line of more than ${lengthMax} bytes`);
    this.#pieces.push(piece);
  }
}
