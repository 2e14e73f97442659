import { type ByteString, display } from './byte-string.js';
import { type CpioHeader, corruptCpio, padded, readCpioHeader } from './cpio-header.js';
import type { Entry } from './entry.js';
import type { ArchiveInput } from './pack/input.js';
import { cleanPath, pathMax } from './paths.js';

/** So many files may have names that have not come yet. */
const openLinksMax = 65_536;
const endName = 'TRAILER!!!';

/** The names of a file that has several. */
interface Links {
  /** The one that has the data; undefined as long as none of them has come with data. */
  placed: ByteString | undefined;
  /** Those that came before it. */
  waiting: Entry[];
  /** How many have not come. */
  missing: number;
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
      const ready = this.#ready.shift();
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
    const known = this.#links.get(inode) ?? { placed: undefined, waiting: [], missing: links };
    known.missing--;
    if (known.missing > 0) this.#links.set(inode, known);
    else this.#links.delete(inode);
    if (this.#links.size > openLinksMax)
      throw corruptCpio(`has more than ${openLinksMax} files whose other names have not come`, offset);
    if (known.placed !== undefined) return linkTo(known.placed, entry);
    if (entry.stored === 0 && known.missing > 0) {
      known.waiting.push(entry);
      return undefined;
    }
    known.placed = entry.path;
    this.#ready = known.waiting.map((waiting) => linkTo(entry.path, waiting));
    known.waiting = [];
    return entry;
  }

  /** What has waited for data in vain is empty. */
  #end(): void {
    this.#ended = true;
    for (const { waiting } of this.#links.values()) {
      const [first, ...others] = waiting;
      if (first !== undefined) this.#ready.push(first, ...others.map((other) => linkTo(first.path, other)));
    }
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
