import { etagMax } from '../../common/validator.js';
export interface ContentRange {
  readonly start: number;
  /** Bytes of the whole resource; null if the server does not know. */
  readonly total: number | null;
}

/** A number of bytes, as headers have it; null if it is anything else, or more than can be counted. */
export function parseLength(text: string | null): number | null {
  const length = text !== null && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(length) ? length : null;
}

/** Reads `bytes 100-199/1000` (RFC 9110 §14.4); null if it is anything else. */
export function parseContentRange(header: string | null): ContentRange | null {
  const [, first = null, last = null, whole = null] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? '') ?? [];
  const [start, end, total] = [parseLength(first), parseLength(last), parseLength(whole)];
  if (start === null || end === null || end < start || (total !== null && total <= end)) return null;
  return { start, total };
}

/** The total in the `bytes * /1000` that comes with status 416; null if there is none. */
export function parseUnsatisfiedRange(header: string | null): number | null {
  const [, total = null] = /^bytes \*\/(\d+)$/i.exec(header?.trim() ?? '') ?? [];
  return parseLength(total);
}

/** The ETag of an answer; null if it has none, or one that is longer than any that means something. */
export function etagOf(headers: { get(name: string): string | null }): string | null {
  const etag = headers.get('etag');
  return etag !== null && etag.length <= etagMax ? etag : null;
}

/** Whether equal ETags mean equal bytes (RFC 9110 §8.8.3): weak and missing ones do not. */
export function isStrong(etag: string | null): etag is string {
  return etag !== null && /^".*"$/.test(etag);
}

/** By how much an answer has to be younger than the file for the time of the latter to be strong, in milliseconds. */
const settledAfter = 60_000;

/**
 * What stands for exactly these bytes in If-Range (RFC 9110 §13.1.5): a strong ETag; where there is none at all, a
 * Last-Modified that the server gave at least a minute later, so that no second change can hide in it (§8.8.2.2); else
 * null.
 */
export function strongValidator(headers: { get(name: string): string | null }): string | null {
  if (headers.get('etag') !== null) {
    const etag = etagOf(headers);
    return isStrong(etag) ? etag : null;
  }
  const changed = headers.get('last-modified');
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(changed ?? '');
  return age >= settledAfter ? changed : null;
}
