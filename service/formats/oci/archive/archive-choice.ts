import { Failure } from '../../../../common/failure.js';
import { escapeText, firstOf } from '../../../../varlink/text.js';
import type { Platform } from '../platform.js';

/** Which image of an archive is meant. */
export interface ArchiveChoice {
  /** A tag, or a whole name; undefined where there is one image only. */
  readonly tag: string | undefined;
  readonly platform: Platform;
}

/** A layer of an archived image. */
export interface ArchivedLayer {
  readonly digest: string;
  readonly bytes: number;
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
  /** That of the archive in it; undefined where the configuration does not say. */
  readonly diffId: string | undefined;
  /** Where it is in the store. */
  readonly offset: number;
}

/** An image of an archive, all of which is there and has the digests that are said of it. */
export interface ArchivedImage {
  readonly manifestDigest: string;
  /** JSON text. */
  readonly config: string;
  /** Lowest first. */
  readonly layers: readonly ArchivedLayer[];
}

/** An image that can be chosen. */
interface Named<Image> {
  readonly image: Image;
  readonly names: readonly string[];
}

/** Whether a name is the one that is meant, or ends in the name or the tag that is. */
function isMeant(name: string, tag: string): boolean {
  return name === tag || name.endsWith(`:${tag}`) || name.endsWith(`/${tag}`);
}

/**
 * What is meant by a tag; without one all, if they have one name.
 *
 * @throws Failure UnsupportedFormat that tells the names
 */
export function chooseByName<Image>(images: readonly Named<Image>[], tag: string | undefined): Image[] {
  const all = [...new Set(images.flatMap(({ names }) => names))];
  const told = escapeText(firstOf(all.join(', '), 500)) || 'none with a name';
  const meant = images.filter(({ names }) => tag === undefined || names.some((name) => isMeant(name, tag)));
  if (images.length === 0) throw refused('it has no image', 'an image');
  if (meant.length === 0) throw refused(`it has no image called '${escapeText(tag ?? '')}'; there are: ${told}`, told);
  const kinds = new Set(meant.map(({ names }) => names.join(' ')));
  if (tag === undefined && kinds.size > 1)
    throw refused(`it has ${kinds.size} images; choose one with --tag=: ${told}`, told);
  return meant.map(({ image }) => image);
}

/** What cannot be used of an archive. */
export function refused(reason: string, needed: string): Failure {
  return new Failure('UnsupportedFormat', `Cannot import the archive: ${reason}`, { needed, allowed: 'one image' });
}
