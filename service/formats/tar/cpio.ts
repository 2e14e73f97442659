import { type ByteString, display } from './byte-string.js';
import { type CpioHeader, corruptCpio, padded, readCpioHeader } from './cpio-header.js';
import type { Entry } from './entry.js';
import type { ArchiveInput } from './pack/input.js';
import { cleanPath, pathMax } from './paths.js';

/** Files whose other names have not come are kept up to so many bytes, which are some 100,000 names. */
const heldMax = 64 * 1024 * 1024;
/** What a name takes beside its text, in bytes. */
const nameOverhead = 512;
const endName = 'TRAILER!!!';

/** The names of a file that has several. */
interface Links {
  /** The one that has the data; undefined as long as none of them has come with data. */
  placed: ByteString | undefined;
  /** Those that came before it. */
  waiting: Entry[];
  /** How many have not come. */
  missing: number;
  /** Bytes that are kept for it. */
  held: number;
}

/**
 * Reads a cpio archive entry by entry. Of a file with several names the data comes with the last one (newc) or with each (odc): it is
 * given out as a file once the data is there, and the other names as links to that.
 */
export class CpioReader {
  /** How many bytes other than 0 followed the end. */
  trailingBytes = 0;
  readonly #input: ArchiveInput;
  readonly #links = new Map<string, Links>();
  /** Bytes that `#links` takes. */
  #held = 0;
  /** What is given out before anything else is read; the last one first. */
  #ready: Entry[] = [];
  #current: CpioHeader | undefined;
  #contentEnd = 0;
  #ended = false;

  constructor(input: ArchiveInput) {
    this.#input = input;
  }

  /**
   * The next entry; undefined at the end, after which the source has been read to its own end.
   *
   * @throws Failure Corrupt on damage
   * @throws whatever the source throws
   */
  next(): Entry | undefined {
    for (;;) {
      const ready = this.#ready.pop();
      if (ready !== undefined || this.#ended) return ready;
      this.#finishCurrent();
      const entry = this.#read();
      if (entry !== undefined) return entry;
    }
  }

  /** Reads one member; undefined when there is nothing to give out for it. */
  #read(): Entry | undefined {
    const header = readCpioHeader(this.#input);
    if (header.name === endName) {
      this.#end();
      return undefined;
    }
    this.#current = header;
    this.#contentEnd = this.#input.offset + header.size;
    if (header.type === 'file' && header.checksum !== undefined) this.#input.sum = 0;
    const entry = entryOf(header, this.#target(header));
    return header.type === 'file' && header.links > 1 ? this.#linked(entry, header) : entry;
  }

  /** Uses up what is left of a member, and compares its sum. */
  #finishCurrent(): void {
    const input = this.#input;
    if (this.#current === undefined) return;
    const { name, offset, checksum, alignment, size } = this.#current;
    input.skip(this.#contentEnd - input.offset);
    if (input.sum !== undefined && input.sum % 2 ** 32 !== checksum)
      throw corruptCpio(`has data that does not match its checksum, of '${display(name)}'`, offset);
    input.sum = undefined;
    input.skip(padded(size, alignment));
    this.#current = undefined;
  }

  #target({ type, size, offset }: CpioHeader): ByteString {
    if (type !== 'symbolicLink') return '';
    if (size > pathMax) throw corruptCpio(`has a symbolic link with a target of ${size} bytes`, offset);
    return this.#input.take(size);
  }

  #linked(entry: Entry, { inode, links, offset }: CpioHeader): Entry | undefined {
    const known = this.#links.get(inode) ?? { placed: undefined, waiting: [], missing: links, held: 0 };
    known.missing--;
    if (known.missing > 0) this.#links.set(inode, known);
    else this.#forget(inode, known);
    if (known.placed !== undefined) return linkTo(known.placed, entry);
    this.#hold(known, entry, offset);
    if (entry.stored === 0 && known.missing > 0) {
      known.waiting.push(entry);
      return undefined;
    }
    known.placed = entry.path;
    this.#ready = known.waiting.reverse().map((waiting) => linkTo(entry.path, waiting));
    known.waiting = [];
    return entry;
  }

  #hold(known: Links, { path }: Entry, offset: number): void {
    if (known.missing === 0) return;
    known.held += path.length + nameOverhead;
    this.#held += path.length + nameOverhead;
    if (this.#held > heldMax) throw corruptCpio('has too many files whose other names have not come', offset);
  }

  #forget(inode: string, { held }: Links): void {
    this.#links.delete(inode);
    this.#held -= held;
  }

  /** What has waited for data in vain is empty. */
  #end(): void {
    this.#ended = true;
    for (const { waiting } of this.#links.values()) {
      const [first] = waiting;
      for (const other of waiting)
        this.#ready.push(first === undefined || other === first ? other : linkTo(first.path, other));
    }
    this.#ready.reverse();
    this.trailingBytes = this.#input.drain();
  }
}

function entryOf(header: CpioHeader, target: ByteString): Entry {
  const { type, name, offset, mode, user, group, modified, size, major, minor } = header;
  return {
    type,
    path: cleanPath(name, offset),
    target,
    offset,
    mode,
    user,
    group,
    modified: { seconds: modified, nanoseconds: 0 },
    stored: type === 'file' ? size : 0,
    sparse: undefined,
    major,
    minor,
    unreadable: undefined,
    attributes: [],
    accessAcl: undefined,
    defaultAcl: undefined,
    fileFlags: undefined,
  };
}

/** Another name for what is at `target`. */
function linkTo(target: ByteString, entry: Entry): Entry {
  return { ...entry, type: 'hardLink', target, stored: 0 };
}
