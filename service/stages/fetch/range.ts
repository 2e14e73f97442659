export interface ContentRange {
  readonly start: number;
  /** Bytes of the whole resource; null if the server does not know. */
  readonly total: number | null;
}

/** Reads `bytes 100-199/1000` (RFC 9110 §14.4); null if it is anything else. */
export function parseContentRange(header: string | null): ContentRange | null {
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? '') ?? [];
  if (start === undefined || end === undefined || total === undefined || Number(end) < Number(start)) return null;
  return { start: Number(start), total: total === '*' ? null : Number(total) };
}

/** The total in the `bytes * /1000` that comes with status 416; null if there is none. */
export function parseUnsatisfiedRange(header: string | null): number | null {
  const [, total] = /^bytes \*\/(\d+)$/i.exec(header?.trim() ?? '') ?? [];
  return total === undefined ? null : Number(total);
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
  const etag = headers.get('etag');
  if (etag !== null) return isStrong(etag) ? etag : null;
  const changed = headers.get('last-modified');
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(changed ?? '');
  return age >= settledAfter ? changed : null;
}
