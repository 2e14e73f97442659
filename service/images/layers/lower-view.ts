import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { close, O_PATH, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../../../linux/files.js';
import { type FileStatus, statusAt } from '../../../linux/status.js';
import { attributesHeld } from '../../formats/metadata/attributes.js';
import { type ByteString, pathOf } from '../../formats/tar/byte-string.js';
import { parentOf } from '../../formats/tar/paths.js';
import { isPlain, type Layer } from './record.js';
import { isOverlay } from './stack-mode.js';

/** What the layers below one have at a path: nothing, something that is not a directory, or a directory by how it looks. */
export type Below = 'nothing' | 'other' | { readonly looks: string };

/** A layer, and what it says by its record, for quick questions. */
interface Known {
  readonly descriptor: number;
  readonly implicit: ReadonlySet<ByteString>;
  readonly whiteouts: ReadonlySet<ByteString>;
  readonly opaque: ReadonlySet<ByteString>;
}

/** How an open directory looks: what overlayfs shows of the highest layer that has it. */
function looksOf(directory: number): string {
  const { mode, user, group } = statusAt(directory, '');
  const path = `/proc/self/fd/${directory}`;
  const held = [
    ...attributesHeld(Buffer.from(`${path}/.\0`), (name) => isOverlay(name) || name === 'security.selinux'),
  ];
  const attributes = held.map(({ name, value }) => `${name}=${value.toString('hex')}`).sort();
  return [mode & 0o7777, user, group, ...attributes].join(' ');
}

function isDirectory({ mode }: FileStatus): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

/** What one layer has at a path, links not followed. */
function inLayer(layer: number, path: ByteString): Below {
  let place: number;
  try {
    const flags = O_PATH | constants.O_NOFOLLOW;
    place = openat2(layer, path === '' ? '.' : pathOf(path), flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENAMETOOLONG')) return 'nothing';
    if (hasCode(error, 'ENOTDIR', 'ELOOP')) return 'other';
    throw error;
  }
  try {
    return isDirectory(statusAt(place, '')) ? { looks: looksOf(place) } : 'other';
  } finally {
    close(place);
  }
}

/** A path, and the directories that it lies in, but for the root. */
function* withParents(path: ByteString): Generator<ByteString> {
  for (let each = path; each !== ''; each = parentOf(each)) yield each;
}

function hidesBelow({ whiteouts, opaque }: Known, path: ByteString): boolean {
  if (whiteouts.size === 0 && opaque.size === 0) return false;
  if (opaque.has('')) return true;
  for (const each of withParents(path)) if (whiteouts.has(each) || opaque.has(each)) return true;
  return false;
}

/** Whether a path lies in one of these directories. */
function isWithin(directories: ReadonlySet<ByteString>, path: ByteString): boolean {
  if (directories.size === 0) return false;
  if (directories.has('')) return true;
  for (const each of withParents(parentOf(path))) if (directories.has(each)) return true;
  return false;
}

/** What layers show together, as far as directories are concerned. */
export class LowerView {
  readonly #layers: Known[] = [];

  get isEmpty(): boolean {
    return this.#layers.length === 0;
  }

  /** Lays one over those that are there. */
  add({ descriptor, record }: Layer): void {
    const { implicit, whiteouts, opaque } = record;
    this.#layers.push({
      descriptor,
      implicit: new Set(implicit),
      whiteouts: new Set(whiteouts),
      opaque: new Set(opaque),
    });
  }

  /**
   * What is at a path. Directories that a layer has only for something in them look like those below.
   *
   * @throws SystemError
   */
  at(path: ByteString): Below {
    let found: Below = 'nothing';
    for (const layer of this.#layers.toReversed()) {
      const here = inLayer(layer.descriptor, path);
      if (here === 'other') return found === 'nothing' ? 'other' : found;
      if (here !== 'nothing' && !layer.implicit.has(path)) return here;
      if (here !== 'nothing' && found === 'nothing') found = here;
      if (hidesBelow(layer, path)) break;
    }
    return found;
  }
}

/**
 * Whether a layer can be laid over others by overlayfs as it is, and looks then as it would in a tree: it adds no names to files below
 * it, and its directories that the archive says nothing of look like those that they hide. A whiteout in a directory that only this layer
 * has would be shown.
 *
 * @throws SystemError
 */
export function isShareable({ descriptor, record }: Layer, below: LowerView): boolean {
  const { links, marked, implicit, bare, whiteouts } = record;
  if (links.length > 0 || !marked || (below.isEmpty && !isPlain(record))) return false;
  const bareOnes = new Set(bare);
  const opaque = new Set(record.opaque);
  const seen = (path: ByteString): Below => (isWithin(opaque, path) ? 'nothing' : below.at(path));
  const isLike = (path: ByteString): boolean => {
    const there = seen(path);
    if (there === 'nothing') return !bareOnes.has(path);
    const here = inLayer(descriptor, path);
    return there !== 'other' && typeof here === 'object' && here.looks === there.looks;
  };
  // What is written over the layers, or the highest of them, has the root that counts.
  if (!implicit.filter((path) => path !== '').every(isLike)) return false;
  const parents = new Set(whiteouts.map(parentOf).filter((path) => path !== ''));
  return [...parents].every((path) => typeof seen(path) === 'object');
}
