import { constants } from 'node:fs';
import { SystemError } from './errno.js';
import { AT_SYMLINK_NOFOLLOW } from './files.js';
import { addressOf, checked, lastErrno, native } from './native.js';

/*
 * Adds up what directories hold, for trees of many files: a call of getdents64(2) for hundreds of entries, one of statx(2) for each,
 * and no object for any of them.
 */

const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const statusFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
/** STATX_BASIC_STATS */
const basicMask = 0x7ff;

/** struct linux_dirent64: inode and offset (8 each), the record's length (2), type, name. */
const entryOffsets = { length: 16, type: 18, name: 19 };
/** Of d_type; 0 where the file system does not say. */
const directoryType = 4;
const unknownType = 0;
const dot = 46;

/** Indices of 32-bit words in struct statx (linux/stat.h). */
const words = { links: 4, mode: 7, inode: 8, size: 10, blocks: 12, major: 34, minor: 35 };
const two32 = 0x1_0000_0000;
const blockSize = 512;

const getdents = native<number>('int64_t getdents64(int directory, void *entries, size_t size)');
// Addresses as numbers: a buffer for each of many thousand calls would take as long as the calls.
const statx = native<number>('int statx(int directory, intptr_t path, int flags, uint32_t mask, intptr_t result)');

const entries = Buffer.alloc(256 * 1024);
const status = new Uint32Array(64);
const empty = Buffer.alloc(1);

interface Addresses {
  readonly entries: number;
  readonly status: number;
  readonly empty: number;
}

let known: Addresses | undefined;

function addresses(): Addresses {
  known ??= {
    entries: Number(addressOf(entries)),
    status: Number(addressOf(Buffer.from(status.buffer))),
    empty: Number(addressOf(empty)),
  };
  return known;
}

function word(index: number): number {
  return status[index] ?? 0;
}

function long(index: number): number {
  return word(index) + word(index + 1) * two32;
}

function type(): number {
  return word(words.mode) & constants.S_IFMT;
}

/** Whether a name is `.` or `..`. */
function isDots(at: number): boolean {
  if (entries[at] !== dot) return false;
  return entries[at + 1] === 0 || (entries[at + 1] === dot && entries[at + 2] === 0);
}

/** What a tree holds. A file with several names counts once. */
export class DirectoryUsage {
  /** Entries of all kinds, the root included. */
  files = 0;
  /** Bytes in files and the targets of links, holes included. */
  bytes = 0;
  /** Bytes that are allocated. */
  allocated = 0;
  readonly #links = new Set<string>();

  /**
   * Adds an open directory itself, without what is in it. Gives back its device.
   *
   * @throws SystemError
   */
  addDirectory(descriptor: number): string {
    const { empty: path, status: result } = addresses();
    checked('statx', statx(descriptor, path, statusFlags, basicMask, result));
    this.#add();
    return `${word(words.major)}:${word(words.minor)}`;
  }

  /**
   * Adds all that is in an open directory, which has not been read from, but directories. Gives back their names, with a NUL. What
   * vanishes meanwhile is left out.
   *
   * @throws SystemError when the directory cannot be read, or what is in it cannot be looked at
   */
  addEntries(descriptor: number): Buffer[] {
    const below: Buffer[] = [];
    const { entries: start, status: result } = addresses();
    for (;;) {
      const length = checked('getdents64', getdents(descriptor, entries, entries.length));
      if (length === 0) return below;
      for (let at = 0; at < length; at += entries.readUInt16LE(at + entryOffsets.length)) {
        const name = at + entryOffsets.name;
        if (isDots(name)) continue;
        const entryType = entries[at + entryOffsets.type] ?? unknownType;
        if (entryType === directoryType) below.push(nameAt(name));
        else if (statx(descriptor, start + name, statusFlags, basicMask, result) < 0) refuseUnlessGone(name);
        else if (entryType === unknownType && type() === constants.S_IFDIR) below.push(nameAt(name));
        else this.#add();
      }
    }
  }

  #add(): void {
    if (word(words.links) > 1 && type() !== constants.S_IFDIR && this.#isCounted()) return;
    this.files += 1;
    this.allocated += long(words.blocks) * blockSize;
    if (type() === constants.S_IFREG || type() === constants.S_IFLNK) this.bytes += long(words.size);
  }

  /** Whether another name of the same file was counted. */
  #isCounted(): boolean {
    const identity = `${word(words.major)}:${word(words.minor)}:${long(words.inode)}`;
    if (this.#links.has(identity)) return true;
    this.#links.add(identity);
    return false;
  }
}

function nameAt(at: number): Buffer {
  return Buffer.from(entries.subarray(at, entries.indexOf(0, at) + 1));
}

function refuseUnlessGone(name: number): void {
  const error = new SystemError('statx', lastErrno(), nameAt(name).subarray(0, -1).toString());
  if (error.code !== 'ENOENT') throw error;
}
