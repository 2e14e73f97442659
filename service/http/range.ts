import { etagMax } from '../../common/validator.js';
export interface ContentRange {
  readonly start: number;
  /** Bytes of the whole resource; undefined if the server does not know. */
  readonly total: number | undefined;
}

/** A number of bytes, as headers have it; undefined if it is anything else, or more than can be counted. */
export function parseLength(text: string | undefined): number | undefined {
  const length = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Reads `bytes 100-199/1000` (RFC 9110 §14.4); undefined if it is anything else. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const [, first, last, whole] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? '') ?? [];
  const [start, end, total] = [parseLength(first), parseLength(last), parseLength(whole)];
  if (start === undefined || end === undefined || end < start || (total !== undefined && total <= end))
    return undefined;
  return { start, total };
}

/** The total in the `bytes * /1000` that comes with status 416; undefined if there is none. */
export function parseUnsatisfiedRange(header: string | undefined): number | undefined {
  const [, total] = /^bytes \*\/(\d+)$/i.exec(header?.trim() ?? '') ?? [];
  return parseLength(total);
}

/** The headers of an answer, as fetch() gives them. */
interface HeaderSource {
  get(name: string): string | null;
}

/** The value of a header; undefined where the answer has none of that name. */
export function headerOf(headers: HeaderSource, name: string): string | undefined {
  return headers.get(name) ?? undefined;
}

/** The ETag of an answer; undefined if it has none, or one that is longer than any that means something. */
export function etagOf(headers: HeaderSource): string | undefined {
  const etag = headerOf(headers, 'etag');
  return etag !== undefined && etag.length <= etagMax ? etag : undefined;
}

/** Whether equal ETags mean equal bytes (RFC 9110 §8.8.3): weak and missing ones do not. */
export function isStrong(etag: string | undefined): etag is string {
  return etag !== undefined && /^".*"$/.test(etag);
}

/** By how much an answer has to be younger than the file for the time of the latter to be strong, in milliseconds. */
const settledAfterMs = 60_000;

/**
 * What stands for exactly these bytes in If-Range (RFC 9110 §13.1.5): a strong ETag; where there is none at all, a
 * Last-Modified that the server gave at least a minute later, so that no second change can hide in it (§8.8.2.2); else
 * undefined.
 */
export function strongValidator(headers: HeaderSource): string | undefined {
  if (headerOf(headers, 'etag') !== undefined) {
    const etag = etagOf(headers);
    return isStrong(etag) ? etag : undefined;
  }
  const changed = headerOf(headers, 'last-modified');
  const age = Date.parse(headerOf(headers, 'date') ?? '') - Date.parse(changed ?? '');
  return age >= settledAfterMs ? changed : undefined;
}
