import { fstatSync, statSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import { withoutUserinfo } from '../../../common/url.js';
import { getAttribute } from '../../../linux/attributes.js';
import { isSubvolume } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import { hasReadOnlyMark, withEntry } from '../install/read-only.js';
import { statusIfPresent } from '../layout/present.js';
import {
  type DownloadOrigin,
  isEntityTag,
  namesUrl,
  parsePristineName,
  pristineName,
  type SidecarSuffix,
  sidecarSuffixes,
} from '../layout/pristine-names.js';
import { ImageRoot } from '../layout/root.js';
import { namesSameUrl, readRecord, type VerificationRecord } from './record.js';

/** A pristine original that is already here, made by Ferry or by systemd-importd. */
export interface PristineOriginal {
  /** The file name in the image root. */
  name: string;
  path: string;
  /** With its quotes; null when there is none that a server could compare. */
  etag: string | null;
  /** How it was verified; null when nobody wrote that down, as systemd-importd does not. */
  record: VerificationRecord | null;
  /** What is kept beside it, and came with it: the record speaks of these files too, in how they were verified. */
  sidecars: readonly SidecarSuffix[];
}

/** The suffixes of the sidecars that are kept beside a pristine original. */
export function keptSidecars(root: ImageRoot, origin: DownloadOrigin): SidecarSuffix[] {
  return sidecarSuffixes.filter((suffix) =>
    statusIfPresent(root.at(pristineName(origin, root.path, suffix)))?.isFile(),
  );
}

function textAttribute(descriptor: number, name: string): string | null {
  try {
    return getAttribute(descriptor, name)?.toString() ?? null;
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'EACCES', 'EPERM')) return null;
    throw error;
  }
}

/** The ETag that name, record or attribute tell; the name of a long one holds none. */
function etagOf(descriptor: number, named: string | null, record: VerificationRecord | null): string | null {
  const etag = named ?? record?.etag ?? textAttribute(descriptor, 'user.source_etag');
  return etag !== null && isEntityTag(etag) ? etag : null;
}

/** Whether an original still carries its read-only mark. Not all file systems can mark a directory. */
function isUntouched(descriptor: number, format: ImageFormat): boolean {
  return (format === 'tar' && !isSubvolume(descriptor)) || hasReadOnlyMark(descriptor);
}

function inspect(root: ImageRoot, name: string, format: ImageFormat, url: string): PristineOriginal | null {
  const parsed = parsePristineName(name);
  if (parsed?.format !== format || !namesUrl(parsed, url)) return null;
  try {
    return withEntry(root.descriptor, name, (descriptor) => {
      const status = fstatSync(descriptor);
      if (format === 'raw' ? !status.isFile() : !status.isDirectory()) return null;
      // One that was made writable since may hold anything.
      const record = isUntouched(descriptor, format) ? readRecord(descriptor) : null;
      const recordedUrl = record?.url ?? textAttribute(descriptor, 'user.source_url');
      // A hash in the name may stand for another URL.
      if (recordedUrl !== null && !namesSameUrl(withoutUserinfo(recordedUrl), withoutUserinfo(url))) return null;
      const etag = etagOf(descriptor, parsed.etag, record);
      return { name, path: root.pathOf(name), etag, record, sidecars: keptSidecars(root, { format, url, etag }) };
    });
  } catch (error) {
    // Gone meanwhile, a link, or not ours to read.
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EACCES', 'ENXIO')) return null;
    throw error;
  }
}

/** The pristine originals of an URL in an image directory, those with an ETag first. None if there is no such directory. */
export function findPristine(rootPath: string, format: ImageFormat, url: string): PristineOriginal[] {
  if (!statSync(rootPath, { throwIfNoEntry: false })?.isDirectory()) return [];
  using root = ImageRoot.open(rootPath);
  const found = root.names().map((name) => inspect(root, name, format, url));
  return found
    .filter((original) => original !== null)
    .sort((a, b) => Number(a.etag === null) - Number(b.etag === null));
}
