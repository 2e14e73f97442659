import { openpgp } from './library.js';

const boundary = /^-----(BEGIN|END) PGP ([A-Z ,/0-9]{1,64})-----/gm;

/** Whether there is an armored OpenPGP block in it (RFC 9580 §6), other than a clear-signed text. */
export function isArmored(bytes: Buffer): boolean {
  return /^-----BEGIN PGP (?!SIGNED MESSAGE)/m.test(bytes.toString('latin1'));
}

/** Whether it begins as OpenPGP packets do, or has them in armor. This is known without loading the library. */
export function mayBeOpenpgp(bytes: Buffer): boolean {
  return ((bytes[0] ?? 0) & 0x80) !== 0 || isArmored(bytes);
}

/** Whether it is a clear-signed text (RFC 9580 §7). */
export function isClearSigned(bytes: Buffer): boolean {
  return /^-----BEGIN PGP SIGNED MESSAGE-----/m.test(bytes.toString('latin1'));
}

/**
 * The bytes of all armored blocks, one after the other.
 *
 * @param blocksMax how many to read; the rest is ignored
 * @throws Error of OpenPGP.js when one is damaged
 */
export async function dearmor(bytes: Buffer, blocksMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const { unarmor } = await openpgp();
  const parts: Buffer[] = [];
  for (const text of blocksOf(bytes.toString('latin1'))) {
    if (parts.length === blocksMax) break;
    const { data } = await unarmor(text);
    parts.push(await bytesOf(data));
  }
  return Buffer.concat(parts);
}

/** The armored blocks of a text, each from the last BEGIN line to the next END line of the same label: one pass over any text. */
function* blocksOf(text: string): Generator<string> {
  let [label, start]: [label: string | undefined, start: number] = [undefined, 0];
  for (const match of text.matchAll(boundary)) {
    const isEnd = match[1] === 'END';
    if (isEnd && match[2] === label) yield text.slice(start, match.index + match[0].length);
    [label, start] = [isEnd ? undefined : match[2], match.index];
  }
}

/** The lines of a text, without blanks around them, but for those in armor of any scheme: its comments are of that scheme. */
export function linesOutsideArmor(text: string): string[] {
  let isInBlock = false;
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => {
      if (line.startsWith('-----')) isInBlock = line.startsWith('-----BEGIN ');
      return !isInBlock;
    });
}

// OpenPGP.js declares a stream, and gives a plain array for what was plain text.
async function bytesOf(data: unknown): Promise<Buffer> {
  if (data instanceof Uint8Array) return Buffer.from(data);
  if (!(data instanceof ReadableStream)) throw new Error('an armored block without data');
  const parts: Uint8Array[] = [];
  for await (const part of data) parts.push(part);
  return Buffer.concat(parts);
}
