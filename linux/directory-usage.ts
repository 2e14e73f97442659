import { constants } from 'node:fs';
import { SystemError } from './errno.js';
import {
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  DT_DIR,
  DT_UNKNOWN,
  STATX_BASIC_STATS,
} from './headers/constants.js';
import { dirent64, sizes, statx } from './headers/structs.js';
import { addressOf, checked, lastErrno, native } from './native.js';

/*
 * Adds up what directories hold, for trees of many files: a call of getdents64(2) for hundreds of entries, one of statx(2) for each,
 * and no object for any of them.
 */

const statusFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
const dot = '.'.charCodeAt(0);

/** Indices of 32-bit words in struct statx. */
const words = {
  links: statx.stx_nlink / sizes.__u32,
  mode: statx.stx_mode / sizes.__u32,
  inode: statx.stx_ino / sizes.__u32,
  size: statx.stx_size / sizes.__u32,
  blocks: statx.stx_blocks / sizes.__u32,
  major: statx.stx_dev_major / sizes.__u32,
  minor: statx.stx_dev_minor / sizes.__u32,
};
const two32 = 0x1_0000_0000;
/** As in status.ts. */
const blockSize = 512;

const getdents = native<number>('int64_t getdents64(int directory, void *entries, size_t size)');
// Addresses as numbers: a buffer for each of many thousand calls would take as long as the calls.
const statxCall = native<number>('int statx(int directory, intptr_t path, int flags, uint32_t mask, intptr_t result)');

const entries = Buffer.alloc(256 * 1024);
const status = new Uint32Array(statx.sizeof / sizes.__u32);
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

/** What a file of several names takes, in bytes. */
export interface LinkedFile {
  readonly bytes: number;
  readonly allocated: number;
}

/** What a part of a tree holds. */
type PartialUsage = Pick<DirectoryUsage, 'files' | 'bytes' | 'allocated' | 'links'>;

/** What a tree holds. A file with several names counts once. */
export class DirectoryUsage {
  /** Entries of all kinds, the root included. */
  files = 0;
  /** Bytes in files and the targets of links, holes included. */
  bytes = 0;
  /** Bytes that are allocated. */
  allocated = 0;
  readonly #links = new Map<string, LinkedFile>();

  /** Files of several names, by what they are. */
  get links(): ReadonlyMap<string, LinkedFile> {
    return this.#links;
  }

  /**
   * The device of an open directory.
   *
   * @throws SystemError
   */
  deviceOf(descriptor: number): string {
    const { empty: path, status: result } = addresses();
    checked('statx', statxCall(descriptor, path, statusFlags, STATX_BASIC_STATS, result));
    return `${word(words.major)}:${word(words.minor)}`;
  }

  /**
   * Adds an open directory itself, without what is in it. Gives back its device.
   *
   * @throws SystemError
   */
  addDirectory(descriptor: number): string {
    const device = this.deviceOf(descriptor);
    this.#add();
    return device;
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
      for (let at = 0; at < length; at += entries.readUInt16LE(at + dirent64.d_reclen)) {
        const name = at + dirent64.d_name;
        if (isDots(name)) continue;
        const entryType = entries[at + dirent64.d_type] ?? DT_UNKNOWN;
        if (entryType === DT_DIR) below.push(nameAt(name));
        else if (statxCall(descriptor, start + name, statusFlags, STATX_BASIC_STATS, result) < 0)
          refuseUnlessGone(name);
        else if (entryType === DT_UNKNOWN && type() === constants.S_IFDIR) below.push(nameAt(name));
        else this.#add();
      }
    }
  }

  /** Adds what was found of another part of the tree, which may have other names of the same files. */
  addPart({ files, bytes, allocated, links }: PartialUsage): void {
    this.files += files;
    this.bytes += bytes;
    this.allocated += allocated;
    for (const [identity, file] of links) {
      if (!this.#links.has(identity)) {
        this.#links.set(identity, file);
        continue;
      }
      this.files -= 1;
      this.bytes -= file.bytes;
      this.allocated -= file.allocated;
    }
  }

  #add(): void {
    const allocated = long(words.blocks) * blockSize;
    const bytes = type() === constants.S_IFREG || type() === constants.S_IFLNK ? long(words.size) : 0;
    if (word(words.links) > 1 && type() !== constants.S_IFDIR && this.#isCounted({ bytes, allocated })) return;
    this.files += 1;
    this.bytes += bytes;
    this.allocated += allocated;
  }

  /** Whether another name of the same file was counted. */
  #isCounted(file: LinkedFile): boolean {
    const identity = `${word(words.major)}:${word(words.minor)}:${long(words.inode)}`;
    if (this.#links.has(identity)) return true;
    this.#links.set(identity, file);
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
