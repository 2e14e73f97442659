import { namesUrl, parsePristineName } from '../layout/pristine-names.js';
import type { KeptDownload } from './downloads.js';
import type { UsedDownloads } from './unused.js';

/** Which of what could be removed is removed: what all of the rules that are given let go. */
export interface PruneRules {
  /** Only what is at least this old, in microseconds. */
  olderThan?: number | undefined;
  /** Of each URL, so many of the newest pristine downloads stay. */
  keep?: number | undefined;
  /** Of pristine downloads, only those that no image came from; all of them if undefined. */
  used?: UsedDownloads | undefined;
  /** The URLs, without user name and password, of pulls under way: what they may need stays. */
  pulled?: readonly string[] | undefined;
}

/** Whether something of that time, in microseconds since 1970, is old enough to go. What has no time stays. */
export function isOldEnough(time: number | undefined, { olderThan }: PruneRules, nowMs: number): boolean {
  return olderThan === undefined || (time !== undefined && nowMs * 1000 - time >= olderThan);
}

function newestFirst(a: KeptDownload, b: KeptDownload): number {
  return (b.placed ?? 0) - (a.placed ?? 0) || ((a.original ?? '') < (b.original ?? '') ? -1 : 1);
}

/** The downloads that are among the newest of their URL. */
function newestOf(downloads: readonly KeptDownload[], count: number): Set<KeptDownload> {
  const counts = new Map<string, number>();
  const newest = downloads.filter(({ source }) => source !== undefined).sort(newestFirst);
  return new Set(
    newest.filter(({ source = '' }) => {
      const earlier = counts.get(source) ?? 0;
      counts.set(source, earlier + 1);
      return earlier < count;
    }),
  );
}

/** Whether a pull that is under way may copy a download, or has just placed it. */
export function isPulled({ original }: KeptDownload, pulled: readonly string[] = []): boolean {
  const parsed = original === undefined ? undefined : parsePristineName(original);
  return parsed !== undefined && pulled.some((url) => namesUrl(parsed, url));
}

/**
 * The pristine downloads that the rules let go, in the order that they came in.
 *
 * @param root the directory that they are in
 */
export function chooseDownloads(
  downloads: readonly KeptDownload[],
  rules: PruneRules,
  { root, nowMs }: { root: string; nowMs: number },
): KeptDownload[] {
  const kept = rules.keep === undefined ? new Set() : newestOf(downloads, rules.keep);
  return downloads.filter(
    (download) =>
      !kept.has(download) &&
      isOldEnough(download.placed, rules, nowMs) &&
      !isPulled(download, rules.pulled) &&
      rules.used?.has(root, download) !== true,
  );
}
