/** Most bytes of data that an image may have when the caller names no limit. */
export const defaultSizeMax = 64 * 1024 ** 3;

/** Largest xz dictionary and zstd window that is decoded, in bytes. */
export const decoderMemoryMax = 128 * 1024 ** 2;

const units = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/**
 * Reads a size as systemd does: a number, possibly with a fraction, and a unit to the base 1024.
 *
 * @returns bytes, at least 1; undefined if the text is no such size or beyond 2^53
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Math.floor(Number(match[1]) * 1024 ** units.indexOf((match[2] ?? '').toUpperCase()));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** Bytes as systemd prints them: base 1024, one decimal cut off and left out if it is 0 (`512B`, `1K`, `2.8M`). */
export function formatBytes(bytes: number | bigint): string {
  if (typeof bytes === 'number' && bytes >= 0 && bytes < fewBytes) return formatFewBytes(Math.trunc(bytes));
  const exact = BigInt(typeof bytes === 'number' ? Math.trunc(bytes) : bytes);
  const power = units.findLastIndex((_, index) => exact >= 1n << BigInt(10 * index));
  if (power <= 0) return `${exact}B`;
  const factor = 1n << BigInt(10 * power);
  const tenth = ((exact * 10n) / factor) % 10n;
  return `${exact / factor}${tenth > 0n ? `.${tenth}` : ''}${units[power]}`;
}

/** What is less is formatted without integers of 64 bits, which would take much longer for each of many images: ten times it is exact. */
const fewBytes = 1024 ** 5;

function formatFewBytes(bytes: number): string {
  let [factor, power] = [1, 0];
  for (; bytes >= factor * 1024; power++) factor *= 1024;
  const tenth = Math.floor(((bytes % factor) * 10) / factor);
  return `${Math.floor(bytes / factor)}${tenth > 0 ? `.${tenth}` : ''}${power === 0 ? 'B' : units[power]}`;
}

/** Bytes that something needs: exact in the largest unit below 1024, else rounded up to one decimal (`128 MiB`, `1.1 GiB`). */
export function formatNeededBytes(bytes: number): string {
  let [value, power] = [bytes, 0];
  for (; value >= 1024 && power < units.length - 1; power++) value /= 1024;
  return `${Math.ceil(value * 10) / 10} ${power === 0 ? 'bytes' : `${units[power]}iB`}`;
}
