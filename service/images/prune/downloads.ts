import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import { withoutUserinfo } from '../../../common/url.js';
import { getAttribute } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { withEntry } from '../install/read-only.js';
import { parsePristineName, pristineSuffixes } from '../layout/pristine-names.js';
import type { ImageRoot } from '../layout/root.js';
import { isUntouched } from '../pristine/cache.js';
import { readRecord } from '../pristine/record.js';

/** A pristine download in an image directory, with what hangs off it. */
export interface KeptDownload {
  /** Its file name; undefined where only what hung off it is left. */
  original: string | undefined;
  /** The file names of its sidecars and of the files that proved it. */
  companions: string[];
  /** What the downloads of one URL share: format and URL. Undefined where there is no original. */
  source: string | undefined;
  /** When it was placed, in microseconds since 1970. */
  placed: number | undefined;
  /** Without user name and password, or its digest; undefined where nothing says it, or there is no original. */
  url: string | undefined;
  /** Of the bytes that came, while nobody could have changed what was made of them. */
  sha256: string | undefined;
}

/** The file name of what hangs off an original, without its suffix; undefined for any other name. */
function stemOfCompanion(name: string): string | undefined {
  if (!/^\.(raw|tar)-/.test(name) || parsePristineName(name) !== undefined) return undefined;
  // The longest first: `.roothash.p7s` is not a `.p7s` of something called `….roothash`.
  const suffix = [...pristineSuffixes].sort((a, b) => b.length - a.length).find((each) => name.endsWith(each));
  return suffix && name.slice(0, -suffix.length);
}

function stemOfOriginal(name: string): string | undefined {
  const parsed = parsePristineName(name);
  return parsed?.format === 'raw' ? name.slice(0, -'.raw'.length) : parsed && name;
}

/** Exact times: as milliseconds in a floating-point number they are off by a microsecond now and then. */
function statusOf(root: ImageRoot, name: string): BigIntStats | undefined {
  return lstatSync(root.at(name), { bigint: true, throwIfNoEntry: false });
}

function toMicroseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n);
}

/** When an entry was made, in microseconds since 1970; undefined where the file system does not say. */
function birthOf({ birthtimeNs, ctimeNs }: BigIntStats): number | undefined {
  const nanoseconds = birthtimeNs > 0n ? birthtimeNs : ctimeNs;
  return nanoseconds > 0n ? toMicroseconds(nanoseconds) : undefined;
}

interface Facts {
  url: string | undefined;
  recorded: number | undefined;
  sha256: string | undefined;
}

const nothing: Facts = { url: undefined, recorded: undefined, sha256: undefined };

/** What an original says of itself. One that cannot be opened is a link, gone, or not ours to read. */
function factsOf(root: ImageRoot, name: string): Facts {
  try {
    return withEntry(root.descriptor, name, (descriptor) => {
      const record = readRecord(descriptor);
      const url = record?.url ?? getAttribute(descriptor, 'user.source_url')?.toString();
      const format = fstatSync(descriptor).isDirectory() ? 'tar' : 'raw';
      const sha256 = isUntouched(descriptor, format) ? record?.sha256 : undefined;
      return { url: url && withoutUserinfo(url), recorded: record?.time, sha256 };
    });
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ELOOP', 'EACCES', 'EPERM', 'ENXIO', 'EOPNOTSUPP', 'ENOTSUP')) throw error;
    return nothing;
  }
}

/**
 * When a pristine download was placed, in microseconds since 1970: when it was recorded how it was verified, or when its file
 * was made where that is later or there is no record. Whether a pull has used it since is not written down anywhere.
 */
export function whenPlaced(root: ImageRoot, name: string, recorded = factsOf(root, name).recorded): number | undefined {
  const status = statusOf(root, name);
  const known = [recorded, status && birthOf(status)].filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function describe(root: ImageRoot, original: string | undefined, companions: string[]): KeptDownload {
  if (original === undefined) {
    const times = companions.map((name) => whenPlaced(root, name, undefined)).filter((time) => time !== undefined);
    const placed = times.length === 0 ? undefined : Math.max(...times);
    return { original, companions, source: undefined, placed, url: undefined, sha256: undefined };
  }
  const parsed = parsePristineName(original);
  const { url: recordedUrl, recorded, sha256 } = factsOf(root, original);
  const url = parsed?.url ?? recordedUrl;
  const source = `${parsed?.format}-${url ?? parsed?.urlHash}`;
  return { original, companions, source, placed: whenPlaced(root, original, recorded), url, sha256 };
}

/** The pristine downloads in an image directory, in the order of their names. */
export function findDownloads(root: ImageRoot): KeptDownload[] {
  const stems = new Map<string, { original?: string; companions: string[] }>();
  const at = (stem: string) => {
    const known = stems.get(stem) ?? { companions: [] };
    stems.set(stem, known);
    return known;
  };
  for (const name of root.names().sort()) {
    const [original, companion] = [stemOfOriginal(name), stemOfCompanion(name)];
    if (original !== undefined) at(original).original = name;
    else if (companion !== undefined) at(companion).companions.push(name);
  }
  return [...stems.values()].map(({ original, companions }) => describe(root, original, companions));
}

/** When something of an ended transfer was last written to, in microseconds since 1970; undefined when it is gone. */
export function whenWritten(root: ImageRoot, name: string): number | undefined {
  const status = statusOf(root, name);
  return status && Math.max(0, toMicroseconds(status.mtimeNs));
}

/** What findDownloads() finds of one original, without what hangs off it. */
export function findDownload(root: ImageRoot, original: string): KeptDownload {
  return describe(root, original, []);
}
