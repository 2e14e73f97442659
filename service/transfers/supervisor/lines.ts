/** Puts lines together from the pieces they arrive in. Nothing but a newline ends one: not U+2028, which JSON leaves as it is. */
export class LineSplitter {
  readonly #lengthMax: number;
  readonly #onLine: (line: Buffer) => void;
  #pieces: Buffer[] = [];
  #length = 0;

  /** `lengthMax`: in bytes. */
  constructor(lengthMax: number, onLine: (line: Buffer) => void) {
    this.#lengthMax = lengthMax;
    this.#onLine = onLine;
  }

  /**
   * @throws RangeError when a line becomes longer than it may
   * @throws whatever `onLine` throws
   */
  add(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#keep(rest.subarray(0, end));
      const line = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#length = 0;
      this.#onLine(line);
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#lengthMax) throw new RangeError(`a line of more than ${this.#lengthMax} bytes`);
    this.#pieces.push(piece);
  }
}
