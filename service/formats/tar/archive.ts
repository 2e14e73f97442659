import { Failure } from '../../../common/failure.js';
import type { ByteSource } from '../bytes.js';
import { type ContentKind, factsOf } from '../content/kinds.js';
import { mayBeAppliance } from '../content/members.js';
import { notTree } from '../content/refusals.js';
import { headLength, sniffContent } from '../content/sniff.js';
import { type ByteString, display } from './byte-string.js';
import { corruptArchive } from './corrupt.js';
import { CpioReader } from './cpio.js';
import { beginsCpio } from './cpio-header.js';
import type { Entry, EntryType } from './entry.js';
import { entryTypes } from './entry-types.js';
import { checksumFits, decodeHeader, type Header, isZeroBlock, padding, Type, tarBlockSize } from './header.js';
import { optionalNumbers } from './optional-numbers.js';
import { ArchiveInput, truncatedArchive } from './pack/input.js';
import { cleanPath } from './paths.js';
import { type PaxRecords, parsePax, wholeNumber } from './pax.js';
import { attributesOf, inheritable } from './pax-attributes.js';
import { checkMap, readGnuMap, readPaxMap, type SparseMap } from './sparse.js';

/** Extended headers up to this many bytes: 64 KiB of each of a few hundred attributes, or a very long sparse map. */
const extendedMax = 16 * 1024 * 1024;
/** All that global headers say of every entry after them, in bytes: it is set on each anew. */
const globalMax = 64 * 1024;
/** Old-style long names up to this many bytes; what is longer than PATH_MAX is refused later, by name. */
const longNameMax = 64 * 1024;

/** What has come before the header that it belongs to. */
interface Pending {
  name: ByteString | undefined;
  target: ByteString | undefined;
  pax: PaxRecords | undefined;
}

/** Reads a tar archive entry by entry: V7, ustar, pax, and the old GNU and star extensions. A cpio archive is read as well. */
export class ArchiveReader {
  /** Content of the current entry comes from here, `entry.stored` bytes of it; what is left `next` skips. */
  readonly input: ArchiveInput;
  /** Whether the archive had its end marker. Without it, it may have been cut off between two entries. */
  endMarker = false;
  /** How many bytes other than 0 followed the end marker. */
  trailingBytes = 0;
  readonly #isLayer: boolean;
  #contentEnd = 0;
  #paddingLength = 0;
  #cpio: CpioReader | undefined;
  #global: PaxRecords = { values: new Map(), extents: [], special: false };
  #globalSize = 0;

  /** `isLayer`: a layer of a container image may be empty or end without padding, and its names may be absolute. */
  constructor(source: ByteSource, { isLayer = false } = {}) {
    this.input = new ArchiveInput(source);
    this.#isLayer = isLayer;
  }

  /**
   * The next entry, or undefined at the end, after which the source has been read to its own end.
   *
   * @throws Failure Corrupt on damage, UnsupportedFormat on what is not a tar archive or one of several volumes; what
   * the source throws
   */
  next(): Entry | undefined {
    if (this.input.offset === 0) this.#begin();
    if (this.#cpio !== undefined) return this.#nextOf(this.#cpio);
    this.input.skip(this.#contentEnd - this.input.offset);
    // umoci's insert leaves out what follows the last content. A digest vouches for all of a layer; other archives may have been cut off.
    if (this.#isLayer) this.input.skipUpTo(this.#paddingLength);
    else this.input.skip(this.#paddingLength);
    const pending: Pending = { name: undefined, target: undefined, pax: undefined };
    for (;;) {
      const { offset } = this.input;
      const header = this.#header();
      if (header === undefined) {
        if (pending.name !== undefined || pending.target !== undefined || pending.pax !== undefined)
          throw truncatedArchive(offset);
        return undefined;
      }
      if (!this.#extension(header, offset, pending)) return this.#entry(header, offset, pending);
    }
  }

  /** Looks at the first bytes: a cpio archive is read in its own way, and an appliance is not a tree. */
  #begin(): void {
    const { input } = this;
    if (beginsCpio(input)) this.#cpio = new CpioReader(input);
    else if (
      input.ensure(tarBlockSize) &&
      mayBeAppliance(input.buffer.subarray(input.start, input.start + tarBlockSize)) &&
      this.#sniff() === 'ova'
    )
      throw notTree('ova');
  }

  #nextOf(cpio: CpioReader): Entry | undefined {
    const entry = cpio.next();
    if (entry !== undefined) return entry;
    this.endMarker = true;
    this.trailingBytes = cpio.trailingBytes;
    return undefined;
  }

  /** Decodes the header at hand, without using it up: sparse maps are in it too. Undefined at the end of the archive. */
  #header(): Header | undefined {
    const { input } = this;
    if (!input.ensure(tarBlockSize)) {
      if (input.offset === 0 && !(this.#isLayer && input.available === 0)) throw notTree(this.#sniff());
      if (input.available > 0) throw truncatedArchive(input.offset);
      return undefined;
    }
    if (input.buffer[input.start + 148] === 0 && isZeroBlock(input.buffer, input.start)) {
      this.#end();
      return undefined;
    }
    if (!checksumFits(input.buffer, input.start)) {
      if (input.offset === 0) throw notTree(this.#sniff());
      throw corruptArchive('is damaged: where a header should be, the checksum does not fit', input.offset);
    }
    return decodeHeader(input.buffer, input.start, input.offset);
  }

  /**
   * Takes the end marker: two zero blocks, though one is enough for GNU tar and for us. But when after a single one
   * another entry follows, then a block in the middle has been lost, and ending there would lose the rest.
   */
  #end(): void {
    const { input } = this;
    if (input.offset === 0) {
      const kind = this.#sniff();
      if (factsOf(kind).role !== 'unknown') throw notTree(kind);
      this.#checkZeros();
      this.endMarker = true;
      return;
    }
    input.consume(tarBlockSize);
    if (
      input.ensure(tarBlockSize) &&
      !isZeroBlock(input.buffer, input.start) &&
      checksumFits(input.buffer, input.start)
    )
      throw corruptArchive('is damaged: a block of zeros stands between two entries', input.offset - tarBlockSize);
    this.endMarker = true;
    this.trailingBytes = input.drain();
  }

  /** A layer without entries has changed nothing but the configuration of an image. */
  #checkZeros(): void {
    if (this.input.drain() === 0) {
      if (this.#isLayer) return;
      const message =
        'Cannot unpack the archive: it holds no entries, only zeros; look whether this is the right file or URL';
      throw new Failure('UnsupportedFormat', message, { needed: 'zeros', allowed: 'a tar archive with entries' });
    }
    const message =
      'Cannot unpack the archive: it begins with zeros; perhaps it is a raw disk image, for import-raw or pull-raw';
    throw new Failure('UnsupportedFormat', message, { needed: 'data beginning with zeros', allowed: 'a tar archive' });
  }

  /** What all of it is, by its beginning. */
  #sniff(): ContentKind {
    const { input } = this;
    const length = input.ensure(headLength) ? undefined : input.available;
    return sniffContent({ head: input.buffer.subarray(input.start, input.end), length });
  }

  /** Whether the header was one that only says something about the next, and if so, what. Uses it up. */
  #extension(header: Header, offset: number, pending: Pending): boolean {
    switch (header.type) {
      case Type.pax:
      case Type.solarisPax:
        pending.pax = parsePax(this.#payload(header, offset, extendedMax), offset);
        return true;
      case Type.paxGlobal:
        this.#mergeGlobal(parsePax(this.#payload(header, offset, extendedMax), offset));
        return true;
      case Type.gnuLongName:
        pending.name = untilNul(this.#payload(header, offset, longNameMax));
        return true;
      case Type.gnuLongTarget:
        pending.target = untilNul(this.#payload(header, offset, longNameMax));
        return true;
      case Type.gnuVolume:
        this.input.skip(tarBlockSize);
        this.input.skip(header.size + padding(header.size));
        return true;
      default:
        return false;
    }
  }

  #payload(header: Header, offset: number, limit: number): ByteString {
    if (header.size > limit) throw corruptArchive(`has an extended header of more than ${limit} bytes`, offset);
    this.input.skip(tarBlockSize);
    const text = this.input.take(header.size);
    this.input.skip(padding(header.size));
    return text;
  }

  #mergeGlobal(records: PaxRecords): void {
    const { values } = this.#global;
    for (const [key, value] of records.values) {
      if (!inheritable(key)) continue;
      const before = values.has(key) ? key.length + (values.get(key) ?? '').length : 0;
      this.#globalSize += key.length + value.length - before;
      values.set(key, value);
    }
    if (this.#globalSize > globalMax)
      throw corruptArchive(`has more than ${globalMax} bytes in its global headers`, this.input.offset);
  }

  #entry(header: Header, offset: number, pending: Pending): Entry {
    const { pax } = pending;
    const value = (key: string) => pax?.values.get(key) || this.#global.values.get(key);
    const name = (pax?.special && pax.values.get('GNU.sparse.name')) || value('path') || (pending.name ?? header.name);
    const target = value('linkpath') || (pending.target ?? header.target);
    const size = value('size');
    const type = this.#type(header, name, offset);
    const path = this.#clean(name, offset);
    const content = this.#content(
      header,
      size === undefined ? header.size : wholeNumber(size, offset),
      type,
      pax,
      offset,
      path,
    );
    return {
      type,
      path,
      target: type === 'hardLink' ? this.#clean(target, offset) : target,
      offset,
      ...optionalNumbers(header, type, value),
      ...content,
      ...attributesOf(pax, this.#global),
    };
  }

  #clean(name: ByteString, offset: number): ByteString {
    return cleanPath(this.#isLayer ? name.replace(/^\/+/, '') : name, offset);
  }

  #type(header: Header, name: ByteString, offset: number): EntryType {
    if (header.type === Type.gnuContinuation) {
      const message = `At byte ${offset}, '${display(name)}' continues from another volume; only archives in one piece can be read`;
      throw new Failure('UnsupportedFormat', message, { needed: 'a multi-volume archive', allowed: 'one volume' });
    }
    const type = entryTypes.get(header.type) ?? 'unknown';
    // Before ustar, a directory was a file whose name ends in a slash.
    return type === 'file' && name.endsWith('/') ? 'directory' : type;
  }

  /** Uses the header up, and a sparse map with it, and notes where the content will end. */
  #content(
    header: Header,
    size: number,
    type: EntryType,
    pax: PaxRecords | undefined,
    offset: number,
    path: ByteString,
  ): { stored: number; sparse: SparseMap | undefined } {
    const { input } = this;
    if (size < 0) throw corruptArchive('has a negative size', offset, path);
    const place = { input, offset, name: path };
    const block =
      header.type === Type.gnuSparse
        ? Buffer.from(input.buffer.subarray(input.start, input.start + tarBlockSize))
        : undefined;
    input.skip(tarBlockSize);
    let sparse = block === undefined ? undefined : readGnuMap(block, place);
    const begin = input.offset;
    if (sparse === undefined && pax?.special && type === 'file') sparse = readPaxMap(pax, place);
    const length = size > 0 && !this.#hasContent(header, type) ? 0 : size;
    const stored = length - (input.offset - begin);
    if (stored < 0) throw corruptArchive('has a sparse map longer than its content', offset, path);
    if (sparse !== undefined) checkMap(sparse, stored, offset, path);
    this.#contentEnd = begin + length;
    this.#paddingLength = padding(length);
    // A hard link may come with the content of its file.
    return type === 'file' || type === 'hardLink' ? { stored, sparse } : { stored: 0, sparse: undefined };
  }

  /**
   * Whether content follows although there is none to have: some writers give links and directories a size and no
   * content, others (pax -o linkdata) repeat the content. What follows tells: a header, or not.
   */
  #hasContent(header: Header, type: EntryType): boolean {
    if (type === 'file' || type === 'unknown' || header.type === Type.gnuDirectory) return true;
    if (!this.input.ensure(tarBlockSize)) return false;
    const { buffer, start } = this.input;
    return !isZeroBlock(buffer, start) && !checksumFits(buffer, start);
  }
}

function untilNul(text: ByteString): ByteString {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
