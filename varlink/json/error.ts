/** Values nested deeper than this are refused, both ways (sd-json's limit). */
export const jsonDepthMax = 2048;

/** Text that is not JSON, or a value that cannot be put into JSON. */
export class JsonError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonError';
  }
}
