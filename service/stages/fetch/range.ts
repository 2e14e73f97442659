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
