import { constants } from 'node:fs';
import { getegid, geteuid } from 'node:process';
import { defaultSizeMax } from '../../../../common/sizes.js';
import { hasCode } from '../../../../linux/errno.js';
import { close, deviceNumber, linkat, mknodat, openat, symlinkat } from '../../../../linux/files.js';
import { statusAt } from '../../../../linux/status.js';
import type { ByteSource } from '../../bytes.js';
import { attributesHeld, foreignLabels } from '../../metadata/attributes.js';
import { NamedInode, OpenInode } from '../../metadata/inode.js';
import { isRefusal, LossCounter } from '../../metadata/losses.js';
import { MetadataWriter, withoutUmask } from '../../metadata/writer.js';
import { SizeLimit } from '../../size-limit.js';
import { ArchiveReader } from '../archive.js';
import { pathOf } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';
import type { Entry, EntryType } from '../entry.js';
import { setNamedAcls } from '../named-acls.js';
import { joined, nameOf, parentOf } from '../paths.js';
import { ContentWriter } from './content.js';
import { OpenDirectories } from './directories.js';
import type { Directory } from './directory.js';
import { EntryMetadata } from './entry-metadata.js';
import type { ExtractOptions, ExtractSummary } from './extract-options.js';
import { badTarget, fillIfEmpty, isSameFile, openFile } from './hard-links.js';
import { makeMarks } from './layer-marks.js';
import { LayerNotes } from './layer-notes.js';
import { isDirectory } from './opening.js';
import { refusal } from './refusal.js';
import { Replacing } from './replacing.js';

export type { ExtractOptions, ExtractSummary };

const progressStep = 4 * 1024 * 1024;
/** So many ACLs with names wait for the end of the archive; further ones are looked up in what is there by then. */
const namedAclsMax = 65_536;
/** How the kernel divides device numbers (linux/kdev_t.h). */
const deviceMajorBits = 12;
const deviceMinorBits = 20;
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Unpacks a tar archive into the directory open as `root` (O_RDONLY), which should be empty, and reads the source to its
 * end. Everything that tar can hold is kept: numeric owners, all mode bits, times to the nanosecond, extended attributes,
 * POSIX ACLs, hard links, devices, holes. Nothing outside the root is ever touched. Does not sync. After a failure, what
 * was unpacked until then stays; the caller removes it.
 *
 * @throws Failure Corrupt on damaged or hostile archives, UnsupportedFormat on what is not a tar archive or beyond
 * `sizeMax`, InsufficientSpace, FileSystemError; what the source throws
 */
export function extractTree(source: ByteSource, root: number, options: ExtractOptions = {}): ExtractSummary {
  return withoutUmask(() => {
    using extraction = new Extraction(source, root, options);
    return extraction.run();
  });
}

class Extraction implements Disposable {
  readonly #reader: ArchiveReader;
  readonly #root: number;
  readonly #losses: LossCounter;
  readonly #metadata: EntryMetadata;
  readonly #directories: OpenDirectories;
  readonly #content: ContentWriter;
  readonly #layer: LayerNotes | undefined;
  readonly #replacing: Replacing;
  readonly #onProgress: ExtractOptions['onProgress'];
  #reported = 0;
  #entries = 0;
  #unknown = 0;

  constructor(source: ByteSource, root: number, options: ExtractOptions) {
    const creator = { user: geteuid?.() ?? 0, group: getegid?.() ?? 0 };
    const { sizeMax = defaultSizeMax } = options;
    this.#layer = options.layer && new LayerNotes(options.layer);
    const isLayer = this.#layer !== undefined;
    this.#reader = new ArchiveReader(new SizeLimit({ sizeMax, kind: 'archive' }).bound(source), { isLayer });
    this.#root = root;
    this.#losses = new LossCounter(root);
    const writer = new MetadataWriter(this.#losses, options.labels ?? foreignLabels());
    this.#metadata = new EntryMetadata(this.#losses, creator, writer);
    this.#directories = new OpenDirectories(root, creator, this.#metadata, this.#layer);
    this.#replacing = new Replacing(this.#metadata, this.#directories, isLayer);
    this.#content = new ContentWriter(this.#reader.input, sizeMax, () => this.#progress());
    this.#onProgress = options.onProgress;
  }

  run(): ExtractSummary {
    for (let entry = this.#reader.next(); entry !== undefined; entry = this.#reader.next()) {
      this.#place(entry);
      this.#progress();
      if (this.#metadata.waiting >= namedAclsMax) setNamedAcls(this.#root, this.#metadata);
    }
    const layer = this.#layer && makeMarks(this.#layer, this.#directories);
    this.#directories.finish();
    setNamedAcls(this.#root, this.#metadata);
    return {
      entries: this.#entries,
      bytes: this.#reader.input.offset,
      dataBytes: this.#content.written,
      rootEntry: this.#directories.root.entry !== undefined,
      endMarker: this.#reader.endMarker,
      trailingBytes: this.#reader.trailingBytes,
      unknownEntries: this.#unknown,
      losses: this.#losses.losses,
      layer,
    };
  }

  [Symbol.dispose](): void {
    this.#directories[Symbol.dispose]();
  }

  #progress(): void {
    const { offset } = this.#reader.input;
    if (offset - this.#reported < progressStep) return;
    this.#reported = offset;
    this.#onProgress?.({ entries: this.#entries, bytes: offset });
  }

  #place(entry: Entry): void {
    if (entry.type === 'unknown') {
      this.#unknown++;
      return;
    }
    if (entry.path === '' && entry.type !== 'directory')
      throw corruptArchive(
        'would replace the root of the image by something that is not a directory',
        entry.offset,
        '.',
      );
    this.#entries++;
    try {
      const taken = this.#layer === undefined ? entry : this.#layer.take(entry, (path) => this.#directories.real(path));
      if (taken === undefined) return;
      const located = this.#located(taken);
      if (located.type !== 'directory') this.#layer?.placed(located.path);
      for (const what of entry.unreadable ?? []) this.#losses.count('numbers', located, what);
      this.#makers[entry.type](located);
    } catch (error) {
      throw error === this.#reader.input.failure ? error : refusal(error, entry.path, this.#root);
    }
  }

  /** The entry with the path that it really gets, where that in the archive goes through links. */
  #located(entry: Entry): Entry {
    if (entry.path === '') return entry;
    const above = parentOf(entry.path);
    const { path } = this.#directories.at(above, entry);
    return path === above ? entry : { ...entry, path: joined(path, nameOf(entry.path)) };
  }

  readonly #makers: Readonly<Record<Exclude<EntryType, 'unknown'>, (entry: Entry) => void>> = {
    file: (entry) => this.#file(entry),
    directory: (entry) => this.#directories.enter(entry),
    symbolicLink: (entry) => this.#symbolicLink(entry),
    hardLink: (entry) => this.#hardLink(entry),
    characterDevice: (entry) => this.#device(entry, constants.S_IFCHR),
    blockDevice: (entry) => this.#device(entry, constants.S_IFBLK),
    fifo: (entry) => this.#device(entry, constants.S_IFIFO),
    socket: (entry) => this.#device(entry, constants.S_IFSOCK),
  };

  /** Four system calls for most: open, write, utimens, close. */
  #file(entry: Entry): void {
    const parent = this.#directories.at(parentOf(entry.path), entry);
    const name = pathOf(nameOf(entry.path));
    const mode = entry.mode & 0o777;
    const descriptor = this.#replacing.replace(entry, parent, name, () =>
      openat(parent.descriptor, name, createFlags, mode),
    );
    try {
      if (entry.fileFlags !== undefined) this.#metadata.flags(descriptor, entry);
      this.#content.write(descriptor, entry);
      const inode = new OpenInode(descriptor);
      if (parent.owner !== undefined && this.#metadata.isPlain(entry)) this.#metadata.setTime(inode, entry);
      else this.#metadata.apply(inode, entry, { mode, owner: parent.owner });
    } finally {
      close(descriptor);
    }
  }

  #symbolicLink(entry: Entry): void {
    if (entry.target === '' || entry.target.includes('\0'))
      throw corruptArchive('is a symbolic link without a target', entry.offset, entry.path);
    const parent = this.#directories.at(parentOf(entry.path), entry);
    const name = pathOf(nameOf(entry.path));
    const make = () => symlinkat(pathOf(entry.target), parent.descriptor, name);
    if (!this.#losses.attempt('links', entry, () => this.#replacing.replace(entry, parent, name, make))) return;
    const inode = new NamedInode(parent.descriptor, name);
    this.#metadata.apply(inode, entry, { mode: undefined, owner: parent.owner });
  }

  #device(entry: Entry, type: number): void {
    const isDeviceNode = type === constants.S_IFCHR || type === constants.S_IFBLK;
    const kind = isDeviceNode ? 'devices' : 'fifos';
    // Overlayfs has it for whiteouts.
    const isMark = this.#layer !== undefined && type === constants.S_IFCHR && entry.major === 0 && entry.minor === 0;
    if (isMark || !isDevice(entry.major, deviceMajorBits) || !isDevice(entry.minor, deviceMinorBits)) {
      const isRead = Number.isInteger(entry.major) && Number.isInteger(entry.minor);
      this.#losses.count(kind, entry, isRead ? `device number ${entry.major}:${entry.minor}` : undefined);
      return;
    }
    const parent = this.#directories.at(parentOf(entry.path), entry);
    const name = pathOf(nameOf(entry.path));
    const mode = entry.mode & 0o777;
    const device = isDeviceNode ? deviceNumber(entry.major, entry.minor) : 0n;
    const make = () => mknodat(parent.descriptor, name, type | mode, device);
    const made = this.#losses.attempt(kind, entry, () => this.#replacing.replace(entry, parent, name, make));
    if (made) this.#metadata.apply(new NamedInode(parent.descriptor, name), entry, { mode, owner: parent.owner });
  }

  #hardLink(entry: Entry): void {
    // A name linked to itself, as some writers have it, is there already.
    if (entry.target === entry.path && entry.stored === 0) return;
    const parent = this.#directories.at(parentOf(entry.path), entry);
    const name = pathOf(nameOf(entry.path));
    try {
      this.#directories.find(parentOf(entry.target), entry, (directory) => this.#link(entry, parent, name, directory));
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV')) throw error;
      if (this.#layer === undefined) throw badTarget(entry);
      // It is in a layer below.
      this.#replacing.clear(entry, this.#directories.at(parentOf(entry.path), entry), name);
      this.#layer.link(entry, joined(this.#directories.real(parentOf(entry.target)), nameOf(entry.target)));
      return;
    }
    // POSIX lets an archive have the content with any of the names (pax -o linkdata).
    if (entry.stored > 0) fillIfEmpty(parent.descriptor, name, entry, this.#content, this.#metadata);
  }

  #link(entry: Entry, parent: Directory, name: string | Buffer, directory: number): void {
    const target = pathOf(nameOf(entry.target));
    const make = () => {
      try {
        linkat(directory, target, parent.descriptor, name);
      } catch (error) {
        // Removing the old name could remove the file.
        if (!hasCode(error, 'EEXIST') || !isSameFile(directory, target, parent.descriptor, name)) throw error;
      }
    };
    try {
      this.#replacing.replace(entry, parent, name, make);
    } catch (error) {
      if (hasCode(error, 'EPERM') && isDirectory(directory, target)) throw badTarget(entry);
      if (!isRefusal('links', error, this.#root)) throw error;
      this.#losses.count('links', entry);
      this.#copyInstead(entry, parent, name, directory);
    }
  }

  /** A further name for a file that can have no more: a copy of it. */
  #copyInstead(entry: Entry, parent: Directory, name: string | Buffer, directory: number): void {
    const source = openFile(directory, pathOf(nameOf(entry.target)));
    if (source === undefined) return;
    try {
      const status = statusAt(source, '');
      const copy = this.#replacing.replace(entry, parent, name, () =>
        openat(parent.descriptor, name, createFlags, 0o600),
      );
      try {
        this.#content.copy(source, copy, entry);
        this.#metadata.restore(copy, entry, status, attributesHeld(source));
      } finally {
        close(copy);
      }
    } finally {
      close(source);
    }
  }
}

function isDevice(number: number, bits: number): boolean {
  return number >= 0 && number < 2 ** bits;
}
