import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

export const mebibyte = 1024 * 1024;
export const image = Buffer.alloc(3 * mebibyte, 'image ');
export const encoded = gzipSync(image);

/** What a row can speak of. */
export interface Facts {
  /** The URL that is pulled. */
  url: string;
  /** Host and port of the server. */
  host: string;
  /** The URL of the other server. */
  other: string;
}

/** Runs through rows, a few at a time, each a test of its own. */
export async function each<One extends { what: string }>(
  t: TestContext,
  all: readonly One[],
  act: (one: One, index: number) => Promise<void>,
): Promise<void> {
  const waiting = [...all.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, one] = next;
      await t.test(one.what, () => act(one, index));
    }
  };
  await Promise.all([work(), work(), work()]);
}
