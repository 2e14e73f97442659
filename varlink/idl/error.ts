/** An interface definition that cannot be parsed. */
export class IdlError extends Error {
  /** Counted from 1. */
  readonly line: number;
  /** In UTF-16 code units, counted from 1. */
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(`${line}:${column}: ${message}`);
    this.name = 'IdlError';
    this.line = line;
    this.column = column;
  }
}
