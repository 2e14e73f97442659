import { constants } from 'node:fs';
import { cannotBeSet } from '../../../../linux/attributes.js';
import { deviceNumber, mknodat } from '../../../../linux/files.js';
import { isRefusal } from '../../metadata/losses.js';
import { type ByteString, pathOf } from '../byte-string.js';
import { nameOf, parentOf } from '../paths.js';
import type { OpenDirectories } from './directories.js';
import { type LayerContents, type LayerNotes, markOpaque } from './layer-notes.js';
import { refusal } from './refusal.js';

/** Makes of a layer's notes what overlayfs looks for, once all of its entries are in place. */
class LayerMarks {
  readonly #notes: LayerNotes;
  readonly #directories: OpenDirectories;
  #marked = true;

  constructor(notes: LayerNotes, directories: OpenDirectories) {
    this.#notes = notes;
    this.#directories = directories;
  }

  make(): LayerContents {
    const { opaque, whiteouts, implicit, links } = this.#notes;
    if (this.#directories.root.entry === undefined) implicit.add('');
    const named = new Set(implicit);
    for (const [path, offset] of sorted(whiteouts)) this.#guarded(path, () => this.#whiteout(path, offset));
    for (const [path, offset] of sorted(opaque)) this.#guarded(path, () => this.#opaque(path, offset));
    const missing = [...links].filter(([path]) => this.#directories.kindOf(path) === 'nothing');
    return {
      whiteouts: [...whiteouts.keys()],
      opaque: [...opaque.keys()],
      implicit: [...implicit],
      bare: [...implicit].filter((path) => !named.has(path)),
      links: missing.map(([path, target]) => ({ path, target })),
      marked: this.#marked,
    };
  }

  #guarded(path: ByteString, action: () => void): void {
    try {
      action();
    } catch (error) {
      throw refusal(error, path, this.#directories.root.descriptor);
    }
  }

  /** What the layer has there itself hides what is below, but for what is in a directory. */
  #whiteout(path: ByteString, offset: number): void {
    const kind = this.#directories.kindOf(path);
    if (kind === 'nothing') {
      const { descriptor } = this.#directories.at(parentOf(path), { path, offset });
      this.#attempt('devices', () => mknodat(descriptor, pathOf(nameOf(path)), constants.S_IFCHR, deviceNumber(0, 0)));
      return;
    }
    this.#notes.whiteouts.delete(path);
    if (kind !== 'directory') return;
    this.#notes.implicit.delete(path);
    this.#notes.replacedByDirectory({ path, offset });
  }

  #opaque(path: ByteString, offset: number): void {
    const kind = this.#directories.kindOf(path);
    if (kind === 'directory' || kind === 'nothing') {
      const { descriptor } = this.#directories.at(path, { path, offset });
      this.#attempt('attributes', () => markOpaque(descriptor, this.#notes.attributes));
    } else this.#notes.opaque.delete(path);
  }

  #attempt(kind: 'devices' | 'attributes', action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!cannotBeSet(error) && !isRefusal(kind, error, this.#directories.root.descriptor)) throw error;
      this.#marked = false;
    }
  }
}

/** In an order in which few directories have to be open at a time. A copy: notes are dropped meanwhile. */
function sorted(notes: ReadonlyMap<ByteString, number>): [ByteString, number][] {
  return [...notes].sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * Marks in the unpacked layer what it removes of others, as overlayfs has it (kernel, overlayfs.rst), and tells what it says. Notes of what
 * the layer has replaced itself are dropped.
 *
 * @throws Failure Corrupt when too much is noted, FileSystemError or InsufficientSpace when it cannot be written
 */
export function makeMarks(notes: LayerNotes, directories: OpenDirectories): LayerContents {
  return new LayerMarks(notes, directories).make();
}
