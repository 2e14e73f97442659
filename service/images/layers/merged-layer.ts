import { randomBytes } from 'node:crypto';
import { constants, readdirSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { AT_REMOVEDIR, close, linkat, mkdirat, openat, type Path, unlinkat } from '../../../linux/files.js';
import { type ByteString, display, pathOf } from '../../formats/tar/byte-string.js';
import { joined, nameOf, parentOf } from '../../formats/tar/paths.js';
import { isOverlayAttribute } from '../../formats/tar/unpack/layer-notes.js';
import type { Beneath, TargetDirectory } from '../copy/target-directories.js';
import { removeEntry } from '../manage/remove-tree.js';
import { type Held, hold, holdInheriting, openUnlocked, removeAttributes } from './held-directory.js';
import { LinkedPaths } from './linked-paths.js';
import type { LayerRecord } from './record.js';

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const implicitMode = 0o755;
const newMode = 0o700;

/** A directory of a layer, and what it goes to. */
interface Level {
  /** In the layer. */
  readonly path: ByteString;
  /** In the target. */
  readonly real: ByteString;
  /** Whether nothing was there before. */
  readonly isNew: boolean;
  /** That of directories which are made in it because of something in them, if not their own. */
  readonly group: number | undefined;
  /** Puts back how it was, where the layer says nothing of it. */
  readonly held: Held | undefined;
}

/** A directory of the target that is open. */
interface Found {
  readonly descriptor: number;
  readonly elsewhere: ByteString | undefined;
  readonly isNew: boolean;
  /** The mode that it had before it was opened, if that was changed. */
  readonly before?: number;
}

/** A name that a file of a layer below is to get. */
interface Awaited {
  readonly name: ByteString;
  /** Where it is until then, from the root. */
  readonly staged: ByteString;
}

/**
 * What the layers below one make together, which that one is copied over: takes away what it removes, goes where the links below lead
 * in paths of which it says nothing, and gives files of layers below the names that it adds.
 */
export class MergedLayer implements Beneath, Disposable {
  readonly #target: number;
  readonly #record: LayerRecord;
  readonly #paths: LinkedPaths;
  readonly #implicit: ReadonlySet<ByteString>;
  readonly #bare: ReadonlySet<ByteString>;
  readonly #opaque: ReadonlySet<ByteString>;
  readonly #whiteouts: ReadonlySet<ByteString>;
  /** By the directory that they are in. */
  readonly #removed: ReadonlyMap<ByteString, ByteString[]>;
  readonly #awaited = new Map<ByteString, Awaited[]>();
  readonly #levels: Level[] = [];
  #staging: ByteString | undefined;

  /** `target` is the open root of what the layers below make. */
  constructor(target: number, record: LayerRecord) {
    this.#target = target;
    this.#record = record;
    this.#paths = new LinkedPaths(target);
    this.#implicit = new Set(record.implicit);
    this.#bare = new Set(record.bare);
    this.#opaque = new Set(record.opaque);
    this.#whiteouts = new Set(record.whiteouts);
    const removed = new Map<ByteString, ByteString[]>();
    for (const path of record.whiteouts) grouped(removed, parentOf(path)).push(nameOf(path));
    this.#removed = removed;
  }

  begin(target: number): void {
    this.#level('', '', { descriptor: target, elsewhere: undefined, isNew: false });
  }

  enter(target: number, name: ByteString): TargetDirectory | undefined {
    const above = this.#levels.at(-1);
    if (above === undefined) throw new Error('the root was not entered');
    const path = joined(above.path, name);
    const found = this.#open(target, name, path, above);
    if (found === undefined) return undefined;
    const { descriptor, elsewhere } = found;
    const mode = this.#level(path, elsewhere ?? joined(above.real, name), found);
    return { descriptor, mode, elsewhere };
  }

  makeWay(target: number, name: ByteString): boolean {
    const above = this.#levels.at(-1);
    if (above === undefined) return true;
    if (this.#record.whiteouts.length > 0 && this.#whiteouts.has(joined(above.path, name))) return false;
    if (!above.isNew) this.#remove(target, pathOf(name));
    return true;
  }

  leave(target: number): boolean {
    const level = this.#levels.pop();
    if (level === undefined) return true;
    for (const { name, staged } of this.#awaited.get(level.path) ?? []) {
      this.#remove(target, pathOf(name));
      linkat(this.#target, pathOf(staged), target, pathOf(name));
    }
    if (this.#levels.length === 0) this.#unstage();
    level.held?.putBack(target);
    return level.held === undefined;
  }

  [Symbol.dispose](): void {
    this.#paths[Symbol.dispose]();
  }

  isLeftOut(name: ByteString): boolean {
    return isOverlayAttribute(name);
  }

  /** Begins with an open directory. Gives back the mode that it has until it is left. */
  #level(path: ByteString, real: ByteString, { descriptor, isNew, before }: Found): number {
    const isImplicit = this.#implicit.has(path);
    if (isNew) {
      const group = isImplicit ? this.#levels.at(-1)?.group : undefined;
      this.#levels.push({ path, real, isNew, group, held: group === undefined ? undefined : holdInheriting(group) });
      return newMode;
    }
    const held = hold(descriptor, before);
    if (path === '') for (const [index, link] of this.#record.links.entries()) this.#stage(link, index);
    if (this.#opaque.has(path)) this.#empty(descriptor);
    for (const name of this.#removed.get(path) ?? []) this.#remove(descriptor, pathOf(name));
    if (!isImplicit) removeAttributes(descriptor);
    this.#levels.push({
      path,
      real,
      isNew,
      group: isImplicit ? held.group : undefined,
      held: isImplicit ? held : undefined,
    });
    return held.mode;
  }

  #open(target: number, name: ByteString, path: ByteString, above: Level): Found | undefined {
    const isBare = this.#bare.has(path);
    if (!above.isNew) {
      try {
        return { ...openUnlocked(target, pathOf(name)), elsewhere: undefined, isNew: false };
      } catch (error) {
        if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
      }
      const real = this.#implicit.has(path) ? this.#paths.follow(joined(above.real, name)) : undefined;
      const elsewhere = real === undefined ? undefined : this.#openElsewhere(real, isBare);
      if (elsewhere !== undefined) return elsewhere;
    }
    if (isBare) return undefined;
    if (!above.isNew) this.#remove(target, pathOf(name));
    mkdirat(target, pathOf(name), newMode);
    return { descriptor: openat(target, pathOf(name), openFlags), elsewhere: undefined, isNew: true };
  }

  #openElsewhere(real: ByteString, isBare: boolean): Found | undefined {
    const descriptor = this.#paths.open(real, isBare ? undefined : implicitMode);
    return descriptor === undefined ? undefined : { descriptor, elsewhere: real, isNew: false };
  }

  /** Most of what stands in the way is no directory, or not there. */
  #remove(target: number, name: Path): void {
    this.#paths.forget();
    try {
      unlinkat(target, name);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENAMETOOLONG')) return;
      removeEntry(target, name);
    }
  }

  #empty(directory: number): void {
    for (const name of readdirSync(`/proc/self/fd/${directory}`, { encoding: 'buffer' }))
      if (name.toString('latin1') !== this.#staging) this.#remove(directory, name);
  }

  /** Keeps hold of a file of a layer below, whatever becomes of its name there. */
  #stage({ path, target }: { path: ByteString; target: ByteString }, index: number): void {
    this.#staging ??= this.#makeStaging();
    const staged = joined(this.#staging, String(index));
    const missing = (): Failure => {
      const what = `'${display(path)}' is a hard link to '${display(target)}', which is not a file of the layers below`;
      return new Failure('Corrupt', `Layer ${this.#record.digest} is damaged: ${what}`, { what, offset: undefined });
    };
    const above = this.#paths.follow(parentOf(target)) ?? parentOf(target);
    const directory = this.#paths.open(above, undefined);
    if (directory === undefined) throw missing();
    try {
      linkat(directory, pathOf(nameOf(target)), this.#target, pathOf(staged));
    } catch (error) {
      throw hasCode(error, 'ENOENT', 'EPERM', 'ENAMETOOLONG') ? missing() : error;
    } finally {
      close(directory);
    }
    grouped(this.#awaited, parentOf(path)).push({ name: nameOf(path), staged });
  }

  #makeStaging(): ByteString {
    const name = `.#links${randomBytes(8).toString('hex')}`;
    mkdirat(this.#target, name, newMode);
    return name;
  }

  #unstage(): void {
    if (this.#staging === undefined) return;
    for (const awaited of this.#awaited.values())
      for (const { staged } of awaited) unlinkat(this.#target, pathOf(staged));
    unlinkat(this.#target, pathOf(this.#staging), AT_REMOVEDIR);
  }
}

function grouped<Value>(groups: Map<ByteString, Value[]>, key: ByteString): Value[] {
  const group = groups.get(key) ?? [];
  groups.set(key, group);
  return group;
}
