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
  /** With its quotes; undefined when there is none that a server could compare. */
  etag: string | undefined;
  /** How it was verified; undefined when nobody wrote that down, as systemd-importd does not. */
  record: VerificationRecord | undefined;
  /** What is kept beside it, and came with it: the record speaks of these files too, in how they were verified. */
  sidecars: readonly SidecarSuffix[];
}

/** The suffixes of the sidecars that are kept beside a pristine original. */
export function keptSidecars(root: ImageRoot, origin: DownloadOrigin): SidecarSuffix[] {
  return sidecarSuffixes.filter((suffix) =>
    statusIfPresent(root.at(pristineName(origin, root.path, suffix)))?.isFile(),
  );
}

function textAttribute(descriptor: number, name: string): string | undefined {
  try {
    return getAttribute(descriptor, name)?.toString();
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** The ETag that name, record or attribute tell; the name of a long one holds none. */
function etagOf(
  descriptor: number,
  named: string | undefined,
  record: VerificationRecord | undefined,
): string | undefined {
  const etag = named ?? record?.etag ?? textAttribute(descriptor, 'user.source_etag');
  return etag !== undefined && isEntityTag(etag) ? etag : undefined;
}

/** Whether an original still carries its read-only mark. Not all file systems can mark a directory. */
export function isUntouched(descriptor: number, format: ImageFormat): boolean {
  return (format === 'tar' && !isSubvolume(descriptor)) || hasReadOnlyMark(descriptor);
}

function inspect(root: ImageRoot, name: string, format: ImageFormat, url: string): PristineOriginal | undefined {
  const parsed = parsePristineName(name);
  if (parsed?.format !== format || !namesUrl(parsed, url)) return undefined;
  try {
    return withEntry(root.descriptor, name, (descriptor) => {
      const status = fstatSync(descriptor);
      if (format === 'raw' ? !status.isFile() : !status.isDirectory()) return undefined;
      // One that was made writable since may hold anything.
      const record = isUntouched(descriptor, format) ? readRecord(descriptor) : undefined;
      const recordedUrl = record?.url ?? textAttribute(descriptor, 'user.source_url');
      // A hash in the name may stand for another URL.
      if (recordedUrl !== undefined && !namesSameUrl(withoutUserinfo(recordedUrl), withoutUserinfo(url)))
        return undefined;
      const etag = etagOf(descriptor, parsed.etag, record);
      return { name, path: root.pathOf(name), etag, record, sidecars: keptSidecars(root, { format, url, etag }) };
    });
  } catch (error) {
    // Gone meanwhile, a link, or not ours to read.
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EACCES', 'ENXIO')) return undefined;
    throw error;
  }
}

/** The pristine originals of an URL in an image directory, those with an ETag first. None if there is no such directory. */
export function findPristine(rootPath: string, format: ImageFormat, url: string): PristineOriginal[] {
  if (!statSync(rootPath, { throwIfNoEntry: false })?.isDirectory()) return [];
  using root = ImageRoot.open(rootPath);
  const found = root.names().map((name) => inspect(root, name, format, url));
  return found
    .filter((original) => original !== undefined)
    .sort((a, b) => Number(a.etag === undefined) - Number(b.etag === undefined));
}
