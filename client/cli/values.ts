import { resolve } from 'node:path';
import { readDigest } from '../../common/digest.js';
import { readBoolean } from '../../common/environment.js';
import { parseSize as readSize } from '../../common/sizes.js';
import { compressionOf } from '../../common/suffixes.js';
import { parseTimePoint } from '../../common/time-point.js';
import { parseTimeSpan } from '../../common/time-span.js';
import {
  type Compression,
  compressionValues,
  type OciLayout,
  ociLayoutValues,
  type Verification,
  verificationValues,
} from '../../interfaces/generated/io.ferry.Transfer/enums.generated.js';
import { AddressError, parseAddress } from '../../varlink/transport/address.js';
import { isDamaged } from '../names.js';
import { UsageError } from './failure.js';
import type { ProcessContext } from './process-context.js';
import { didYouMean } from './suggest.js';

export type { Compression, OciLayout, Verification };
export const verifications = verificationValues;
export const compressions = compressionValues;
export const ociLayouts = ociLayoutValues;

export const jsonModes = ['pretty', 'short', 'off'] as const;
export type JsonMode = (typeof jsonModes)[number];

/** The truth values that people mean when they slip. */
const spoken = ['yes', 'no', 'true', 'false', 'on', 'off'];

/** @throws UserError if the text is not a boolean */
export function parseBoolean(option: string, text: string): boolean {
  const value = readBoolean(text);
  if (value === undefined)
    throw new UsageError(
      `Cannot read '${text}' as a boolean for ${option}: expected yes or no.${didYouMean(text, spoken)}`,
    );
  return value;
}

/**
 * @param meant the value that was meant, if the text has another name for it
 * @throws UserError if the text is none of the values
 */
export function parseChoice<Value extends string>(
  option: string,
  text: string,
  values: readonly Value[],
  meant?: Value,
): Value {
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  const likely = meant === undefined ? didYouMean(text, values) : ` Did you mean ${meant}?`;
  const expected = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  throw new UsageError(`Unknown value '${text}' for ${option}: expected ${expected}.${likely}`);
}

/**
 * Reads a size.
 *
 * @returns bytes, at least 1
 * @throws UserError if the text is not a size, or is beyond 2^53
 */
export function parseSizeOption(option: string, text: string): number {
  const bytes = readSize(text);
  if (bytes !== undefined) return bytes;
  if (/^0+[KMGT]?$/i.test(text)) throw new UsageError(`${option} must be greater than 0`);
  throw new UsageError(`Cannot read '${text}' as a size for ${option}: expected bytes, or a number with K, M, G or T.`);
}

/**
 * Reads a span of time as in systemd.time(7).
 *
 * @returns microseconds
 * @throws UserError if the text is not a span of time, or is beyond 2^53
 */
export function parseTimeSpanOption(option: string, text: string): number {
  const microseconds = parseTimeSpan(text);
  if (microseconds !== undefined) return microseconds;
  throw new UsageError(
    `Cannot read '${text}' as a span of time for ${option}: expected numbers with s, min, h, d or w, as in 30d.`,
  );
}

/**
 * Reads a point in time as in systemd.time(7).
 *
 * @returns microseconds since 1970
 * @throws UserError if the text is not one
 */
export function parseTimeOption(option: string, text: string): number {
  const microseconds = parseTimePoint(text, new Date());
  if (microseconds !== undefined) return microseconds;
  throw new UsageError(
    `Cannot read '${text}' as a time for ${option}: expected one such as 2026-11-30, '2026-11-30 12:00', yesterday or -2h.`,
  );
}

/**
 * Reads a count of things.
 *
 * @returns at least 1
 * @throws UserError if the text is not a whole number
 */
export function parseCountOption(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageError(`Cannot read '${text}' as a count for ${option}: expected a whole number from 1.`);
}

/**
 * @returns `sha256:` or `sha512:` and lower-case hexadecimal
 * @throws UserError if the text is not a digest
 */
export function parseDigestOption(option: string, text: string): string {
  const read = readDigest(text);
  if ('digest' in read) return read.digest;
  throw new UsageError(`Cannot use '${text}' for ${option}: ${read.problem}.`);
}

/** The identifier of a transfer; undefined if the text cannot be one. */
export function readTransferId(text: string): number | undefined {
  const id = /^\d+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/**
 * @returns absolute
 * @throws UserError if there is no such path
 */
export function parsePath(option: string, text: string, { workingDirectory }: ProcessContext): string {
  if (text === '') throw new UsageError(`Option ${option} needs a path.`);
  if (isDamaged(text))
    throw new UsageError(`Cannot use '${text}' for ${option}: the path is not valid UTF-8.${wayIn(option)}`);
  return resolve(workingDirectory, text);
}

/** Node cannot open a file of such a name, but what a shell opens it can read. */
function wayIn(option: string): string {
  return option === '--keyring=' ? ' Redirect standard input from it, with --keyring=/dev/stdin.' : '';
}

/** The manual page says `zst`, importctl's own help says `zstd`. */
export function parseFormat(option: string, text: string): Compression {
  if (text === 'zst') return 'zstd';
  return parseChoice(option, text, compressions, compressionOf(`.${text}`));
}

/** `auto` is what fits standard output. */
export function parseJsonMode(option: string, text: string, { stdout }: ProcessContext): JsonMode {
  if (text === 'auto') return stdout.isTerminal ? 'pretty' : 'short';
  return parseChoice(option, text, jsonModes);
}

/** @throws UserError if the text is not a Varlink address */
export function parseAddressOption(option: string, text: string): string {
  try {
    parseAddress(text);
    return text;
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new UsageError(`'${text}' is not a Varlink address for ${option}: ${error.reason}.`);
  }
}
