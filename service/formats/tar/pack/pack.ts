import { constants, readdirSync, readSync } from 'node:fs';
import type { AttributeHolder } from '../../../../linux/attributes.js';
import { DirectoryChain } from '../../../../linux/directory-chain.js';
import { close, openat, readlinkat } from '../../../../linux/files.js';
import { type FileStatus, statusAt } from '../../../../linux/status.js';
import type { ByteSink } from '../../bytes.js';
import { changed, isUnchanged } from '../../unchanged.js';
import { type ByteString, display, pathOf } from '../byte-string.js';
import { padding, Type, tarBlockSize } from '../header.js';
import { pathMax, tooDeep } from '../paths.js';
import { dataExtents } from '../sparse.js';
import { ArchiveOutput } from '../unpack/output.js';
import { refusal } from '../unpack/refusal.js';
import { type OutgoingHeader, type PaxRecord, writeHeader } from './encode.js';
import { attributeRecords, flagRecords } from './packed-attributes.js';
import { below, present, refuseWhiteout } from './packed-names.js';

export interface PackOptions {
  /** Called now and then, with the entries begun and the bytes of archive written so far. */
  onProgress?: (progress: { entries: number; bytes: number }) => void;
  /** Whether nobody can change the tree, as in a read-only snapshot: then nobody need look whether somebody has. */
  frozen?: boolean;
  /** Whether it becomes a layer of an OCI image: ACLs are attributes there, too, and names of whiteouts cannot be packed. */
  asLayer?: boolean;
}

export interface PackSummary {
  entries: number;
  /** Bytes of the plain tar. */
  bytes: number;
  /** Bytes of data of files; holes do not count. */
  dataBytes: number;
  /** Sockets, which tar cannot hold and which mean nothing without their process. */
  sockets: number;
  /** Files that were written to while they were read: each is there in the size that it had at first. */
  changedFiles: number;
}

const progressStep = 4 * 1024 * 1024;
const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** O_NONBLOCK: what was a file a moment ago may be a fifo now. */
const openFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Packs the directory open as `root` (O_RDONLY) into a tar archive in pax format: sorted by name, so that the same tree
 * makes the same archive; names begin with `./`, the root comes first. Kept is what extractTree restores. Links are not
 * followed; mounts are crossed, for subvolumes look like them.
 *
 * A file that is written to meanwhile, as logs are, is packed in the size that it had when it was opened, and counted.
 *
 * @throws Failure FileSystemError when something cannot be read, Corrupt when something is removed, a file becomes shorter or
 * a directory changes meanwhile, UnsupportedFormat when a path is longer than any program can unpack, or a layer would have a
 * whiteout; SystemError or Error
 * of node when the root cannot be read; what the sink throws
 */
export function packTree(root: number, sink: ByteSink, options: PackOptions = {}): PackSummary {
  using packer = new Packer(root, sink, options);
  return packer.run();
}

/** A directory being worked through. */
interface Level {
  /** With a trailing slash. */
  path: ByteString;
  names: ByteString[];
  next: number;
  status: FileStatus;
}

class Packer implements Disposable {
  readonly #summary: PackSummary = { entries: 0, bytes: 0, dataBytes: 0, sockets: 0, changedFiles: 0 };
  readonly #root: number;
  /** The directories that are being worked through, open. */
  readonly #chain: DirectoryChain;
  readonly #output: ArchiveOutput;
  /** First paths of files with several names, by device and inode, until all their names were met. */
  readonly #linked = new Map<string, { path: ByteString; left: number }>();
  readonly #onProgress: PackOptions['onProgress'];
  readonly #frozen: boolean;
  readonly #asLayer: boolean;
  #reported = 0;

  constructor(root: number, sink: ByteSink, options: PackOptions) {
    this.#root = root;
    this.#chain = new DirectoryChain(root);
    this.#onProgress = options.onProgress;
    this.#frozen = options.frozen ?? false;
    this.#asLayer = options.asLayer ?? false;
    this.#output = new ArchiveOutput(sink, () => this.#progress());
  }

  run(): PackSummary {
    const levels: Level[] = [this.#enter('./', statusAt(this.#root, ''))];
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const name = level.names[level.next++];
      const below = name === undefined ? undefined : this.#guarded(level, name);
      if (below !== undefined) levels.push(below);
      if (name === undefined) this.#leave(levels, level);
    }
    this.#output.zeros(2 * tarBlockSize);
    this.#output.flush();
    return { ...this.#summary, bytes: this.#output.offset };
  }

  [Symbol.dispose](): void {
    this.#chain[Symbol.dispose]();
  }

  #leave(levels: Level[], { path, status }: Level): void {
    this.#ensureUnchanged(this.#chain.current, path, status);
    levels.pop();
    if (levels.length > 0) this.#named(path.slice(2, -1), () => this.#chain.pop());
  }

  #progress(): void {
    const bytes = this.#output.offset;
    if (bytes - this.#reported < progressStep) return;
    this.#reported = bytes;
    this.#onProgress?.({ entries: this.#summary.entries, bytes });
  }

  /** What was added, removed or renamed in a directory meanwhile may be missing, or be there twice. */
  #ensureUnchanged(descriptor: number, path: ByteString, before: FileStatus): void {
    if (this.#frozen || isUnchanged(statusAt(descriptor, ''), before)) return;
    const name = path.slice(2).replace(/\/$/, '');
    throw changed(name === '' ? 'the root of the image' : `'${display(name)}'`);
  }

  /** Packs one entry; gives back the level below when it is a directory. */
  #guarded(level: Level, name: ByteString): Level | undefined {
    const path = level.path + name;
    if (path.length > pathMax + 2) throw tooDeep(path.slice(2));
    if (this.#asLayer) refuseWhiteout(name, path.slice(2));
    return this.#named(path.slice(2), () => this.#entry(this.#chain.current, pathOf(name), path));
  }

  /** Does something for an entry, which a failure names. */
  #named<Result>(path: ByteString, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      if (error === this.#output.failure) throw error;
      throw refusal(error, path, this.#root, 'read');
    }
  }

  #entry(directory: number, name: string | Buffer, path: ByteString): Level | undefined {
    const status = present(path, () => statusAt(directory, name));
    switch (status.mode & constants.S_IFMT) {
      case constants.S_IFDIR: {
        this.#chain.push(present(path, () => openat(directory, name, openDirectory)));
        return this.#enter(`${path}/`, status);
      }
      case constants.S_IFSOCK:
        this.#summary.sockets++;
        return undefined;
      default:
        if (!this.#link(path, status)) this.#single(directory, name, path, status);
        return undefined;
    }
  }

  /** Packs what is no directory and was not packed under another name. */
  #single(directory: number, name: string | Buffer, path: ByteString, status: FileStatus): void {
    const kind = status.mode & constants.S_IFMT;
    if (kind === constants.S_IFREG) this.#file(directory, name, path, status);
    else if (kind === constants.S_IFLNK) this.#symbolicLink(directory, name, path, status);
    else this.#device(directory, name, path, status);
  }

  #header(type: number, path: ByteString, status: FileStatus, parts: Partial<OutgoingHeader>): void {
    this.#summary.entries++;
    const { user, group, modified } = status;
    const empty = { target: '', size: 0, major: 0, minor: 0, records: [] };
    writeHeader(this.#output, { type, path, mode: status.mode & 0o7777, user, group, modified, ...empty, ...parts });
  }

  #attributes(holder: AttributeHolder, isRoot: boolean): PaxRecord[] {
    return attributeRecords(holder, { isRoot, aclsTwice: this.#asLayer });
  }

  #enter(path: ByteString, status: FileStatus): Level {
    const descriptor = this.#chain.current;
    const names = readdirSync(`/proc/self/fd/${descriptor}`, { encoding: 'latin1' }).sort();
    const records = [...this.#attributes(descriptor, path === './'), ...flagRecords(descriptor)];
    this.#header(Type.directory, path, status, { records });
    return { path, names, next: 0, status };
  }

  /** Packs a further name of a file as a hard link to the first; false when this is the first. */
  #link(path: ByteString, status: FileStatus): boolean {
    if (status.links < 2) return false;
    const first = this.#linked.get(status.identity);
    if (first === undefined) {
      this.#linked.set(status.identity, { path, left: status.links - 1 });
      return false;
    }
    if (--first.left === 0) this.#linked.delete(status.identity);
    this.#header(Type.hardLink, path, status, { target: first.path });
    return true;
  }

  #symbolicLink(directory: number, name: string | Buffer, path: ByteString, status: FileStatus): void {
    const target = present(path, () => readlinkat(directory, name).toString('latin1'));
    const records = present(path, () => this.#attributes(below(directory, name), false));
    this.#header(Type.symbolicLink, path, status, { target, records });
  }

  #device(directory: number, name: string | Buffer, path: ByteString, status: FileStatus): void {
    const kind = status.mode & constants.S_IFMT;
    const types = new Map([
      [constants.S_IFCHR, Type.characterDevice],
      [constants.S_IFBLK, Type.blockDevice],
      [constants.S_IFIFO, Type.fifo],
    ]);
    const records = present(path, () => this.#attributes(below(directory, name), false));
    const { major, minor } = kind === constants.S_IFIFO ? { major: 0, minor: 0 } : status;
    this.#header(types.get(kind) ?? Type.fifo, path, status, { major, minor, records });
  }

  #file(directory: number, name: string | Buffer, path: ByteString, named: FileStatus): void {
    const descriptor = present(path, () => openat(directory, name, openFile));
    try {
      const status = this.#frozen ? named : opened(descriptor, path, named);
      const records = [...this.#attributes(descriptor, false), ...flagRecords(descriptor)];
      const extents = status.allocated < status.size ? dataExtents(descriptor, status.size) : undefined;
      if (extents !== undefined) this.#sparseFile(descriptor, path, status, extents, records);
      else {
        this.#header(Type.file, path, status, { size: status.size, records });
        this.#content(descriptor, path, 0, status.size);
        this.#output.pad(status.size);
      }
      this.#noteChange(descriptor, path, status);
    } finally {
      close(descriptor);
    }
  }

  /** What was cut off may have been taken for a hole. */
  #noteChange(descriptor: number, path: ByteString, before: FileStatus): void {
    if (this.#frozen) return;
    const now = statusAt(descriptor, '');
    if (now.size < before.size) throw changed(`'${display(path.slice(2))}'`, now.size, 'became shorter');
    if (!isUnchanged(now, before)) this.#summary.changedFiles++;
  }

  /** GNU tar's sparse format 1.0: the map is in front of the data (its manual, "Storing Sparse Files"). */
  #sparseFile(
    descriptor: number,
    path: ByteString,
    status: FileStatus,
    extents: readonly number[],
    records: readonly PaxRecord[],
  ): void {
    const map = Buffer.from(`${extents.length / 2}\n${extents.map((number) => `${number}\n`).join('')}`);
    const data = extents.reduce((total, number, index) => (index % 2 === 1 ? total + number : total), 0);
    const slash = path.lastIndexOf('/');
    const sparse: PaxRecord[] = [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', path],
      ['GNU.sparse.realsize', String(status.size)],
    ];
    const size = map.length + padding(map.length) + data;
    const shown = `${path.slice(0, slash)}/GNUSparseFile.0/${path.slice(slash + 1)}`;
    this.#header(Type.file, shown, status, { size, records: [...sparse, ...records] });
    this.#output.write(map);
    this.#output.pad(map.length);
    for (let index = 0; index < extents.length; index += 2)
      this.#content(descriptor, path, extents[index] ?? 0, extents[index + 1] ?? 0);
    this.#output.pad(data);
  }

  /** What the header has promised. */
  #content(descriptor: number, path: ByteString, position: number, length: number): void {
    const output = this.#output;
    this.#summary.dataBytes += length;
    for (let done = 0; done < length; ) {
      const room = Math.min(output.room(), length - done);
      const count = readSync(descriptor, output.buffer, output.end, room, position + done);
      if (count === 0) throw changed(`'${display(path.slice(2))}'`, position + done, 'became shorter');
      output.end += count;
      done += count;
    }
  }
}

/** A file as it is now that it is open. @throws Failure Corrupt when it is another one than had the name before */
function opened(descriptor: number, path: ByteString, named: FileStatus): FileStatus {
  const status = statusAt(descriptor, '');
  if (status.mode === named.mode && status.identity === named.identity) return status;
  throw changed(`'${display(path.slice(2))}'`, undefined, 'was removed or replaced');
}
