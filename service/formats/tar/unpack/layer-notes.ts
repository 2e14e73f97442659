import { setAttribute } from '../../../../linux/attributes.js';
import type { ByteString } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';
import type { Entry } from '../entry.js';
import { nameOf, parentOf } from '../paths.js';

/*
 * Layers of container images: archives of what differs from the layers below (image-spec, layer.md). In them, a name that begins with
 * `.wh.` stands for the removal of the rest of it.
 */

const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';
/** What aufs kept for itself in its branches. */
const aufsPrefix = '.wh..wh.';

/** So many bytes of paths are noted of one layer. */
const notesMax = 32 * 1024 * 1024;
/** What a noted path takes beside its bytes. */
const noteSize = 64;

/** Who may set which of overlayfs' attributes: users only `user.…`, which count for mounts with `userxattr`, as all of systemd's are. */
export type OverlayAttributes = 'trusted' | 'user';

/** A further name for a file of a layer below. Both are paths. */
export interface CrossLink {
  readonly path: ByteString;
  readonly target: ByteString;
}

/** What a layer says beside the entries in it. All are paths below the root, which is empty. */
export interface LayerContents {
  /** What it removes of the layers below. */
  whiteouts: ByteString[];
  /** Directories that hide what the layers below have in them. */
  opaque: ByteString[];
  /** Directories that are here because of something in them, and of which it says nothing itself. */
  implicit: ByteString[];
  /** Those of them that are here because of whiteouts in them alone. */
  bare: ByteString[];
  links: CrossLink[];
  /** Whether the marks that overlayfs looks for could be made: devices 0:0 for whiteouts, and attributes. */
  marked: boolean;
}

/** What is noted, and where in the archive. */
interface Note {
  readonly path: ByteString;
  readonly offset: number;
}

/** What to do with an entry of a layer: put it in place as the entry that it is then, or nothing more. */
type Taken = Entry | undefined;

/** Collects what a layer says by other means than entries that are put in place. Whiteouts are about the layers below alone, wherever they stand. */
export class LayerNotes {
  readonly attributes: OverlayAttributes;
  readonly implicit = new Set<ByteString>();
  readonly opaque = new Map<ByteString, number>();
  readonly whiteouts = new Map<ByteString, number>();
  readonly links = new Map<ByteString, ByteString>();
  #size = 0;

  constructor(attributes: OverlayAttributes) {
    this.attributes = attributes;
  }

  /**
   * Takes what is only to be noted. `locate` gives the path without links of the directory with a path.
   *
   * @throws Failure Corrupt when it stands for nothing that could be removed, or too much is noted; what `locate` throws
   */
  take(entry: Entry, locate: (path: ByteString) => ByteString): Taken {
    const name = nameOf(entry.path);
    const above = parentOf(entry.path);
    if (isBelowAufs(entry.path)) return undefined;
    if (above.startsWith(whiteoutPrefix) || above.includes(`/${whiteoutPrefix}`))
      throw corruptArchive('lies below a whiteout', entry.offset, entry.path);
    if (!name.startsWith(whiteoutPrefix)) return withoutMarks(entry);
    if (name === opaqueName) this.#note(this.opaque, locate(above), entry);
    else if (!name.startsWith(aufsPrefix)) this.#noteWhiteout(entry, locate(above));
    return undefined;
  }

  #noteWhiteout(entry: Entry, directory: ByteString): void {
    const hidden = nameOf(entry.path).slice(whiteoutPrefix.length);
    if (hidden === '' || hidden === '.' || hidden === '..')
      throw corruptArchive(`is a whiteout of '${hidden}', which is not a name`, entry.offset, entry.path);
    this.#note(this.whiteouts, directory === '' ? hidden : `${directory}/${hidden}`, entry);
  }

  #note(notes: Map<ByteString, number>, path: ByteString, { path: name, offset }: Note): void {
    if (notes.has(path)) return;
    this.#count(path, { path: name, offset });
    notes.set(path, offset);
  }

  /**
   * Notes a directory that had to be made for something in it.
   *
   * @throws Failure Corrupt when too much is noted
   */
  madeFor(path: ByteString, entry: Note): void {
    if (this.implicit.has(path)) return;
    this.#count(path, entry);
    this.implicit.add(path);
  }

  /** A directory stands where something else of the layer stood, which hid what the layers below have there. */
  replacedByDirectory({ path, offset }: Note): void {
    this.#note(this.opaque, path, { path, offset });
  }

  /**
   * Notes a hard link to what the layer does not hold itself.
   *
   * @throws Failure Corrupt when too much is noted
   */
  link(entry: Entry, target: ByteString): void {
    // It may be another name of what is linked itself.
    const first = this.links.get(target) ?? target;
    this.#count(entry.path + first, entry);
    this.links.set(entry.path, first);
  }

  /** The path that a linked name stands for. */
  linked(path: ByteString): ByteString | undefined {
    return this.links.get(path);
  }

  /** Something of that path is in the layer now. */
  placed(path: ByteString): void {
    this.links.delete(path);
    this.implicit.delete(path);
  }

  #count(path: ByteString, { path: name, offset }: Note): void {
    this.#size += path.length + noteSize;
    if (this.#size > notesMax)
      throw corruptArchive(
        `brings the paths of whiteouts, links and missing parents to more than ${notesMax} bytes`,
        offset,
        name,
      );
  }
}

/** What overlayfs would take for its own would hide or redirect what it should not. */
function withoutMarks(entry: Entry): Entry {
  if (!entry.attributes.some(({ name }) => isOverlayAttribute(name))) return entry;
  return { ...entry, attributes: entry.attributes.filter(({ name }) => !isOverlayAttribute(name)) };
}

/** Whether an attribute is one of overlayfs. */
export function isOverlayAttribute(name: ByteString): boolean {
  return /^(trusted|user)\.overlay\./.test(name);
}

/** The opaque mark may have any directory as parent, but for one of aufs. */
function isBelowAufs(path: ByteString): boolean {
  if (!path.includes(aufsPrefix)) return false;
  const parts = path.split('/');
  const last = parts.length - 1;
  return parts.some((part, index) => part.startsWith(aufsPrefix) && (index < last || part !== opaqueName));
}

/**
 * Marks an open directory as one that hides what the layers below have in it.
 *
 * @throws SystemError
 */
export function markOpaque(directory: number, attributes: OverlayAttributes): void {
  const prefixes = attributes === 'trusted' ? (['trusted', 'user'] as const) : (['user'] as const);
  for (const prefix of prefixes) setAttribute(directory, `${prefix}.overlay.opaque`, Buffer.from('y'));
}
