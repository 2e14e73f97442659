import { createHash, type Hash } from 'node:crypto';
import { posix } from 'node:path';
import { Failure } from '../../../../common/failure.js';
import { escapeText, firstOf } from '../../../../varlink/text.js';
import type { ByteSource } from '../../bytes.js';
import { ArchiveReader } from '../../tar/archive.js';
import type { Entry } from '../../tar/entry.js';

/** Where the files of an archive are kept until it is known which of them count. */
export interface Store {
  write(bytes: Buffer, position: number): void;
  /** All bytes are there: they were written before. */
  read(bytes: Buffer, position: number): void;
}

/** A file of the archive. */
export interface Member {
  readonly path: string;
  /** Where it is in the store. */
  readonly offset: number;
  readonly bytes: number;
  /** `sha256:` and lower-case hexadecimal. */
  readonly digest: string;
  /** The same for SHA-512, where its path says that it is needed. */
  readonly longDigest: string | undefined;
}

/** More than an archive of a hundred images with a hundred layers has. */
const membersMax = 10_000;
/** Documents are longer only in attacks. */
const documentMax = 4 * 1024 * 1024;

/** The files of an archive of container images, by path and by digest. */
export class Members {
  readonly #store: Store;
  readonly #byPath = new Map<string, Member>();
  readonly #byDigest = new Map<string, Member>();
  /** Links to other files of the archive, by path. */
  readonly #links = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  add(member: Member): void {
    this.#byPath.set(member.path, member);
    this.#links.delete(member.path);
    this.#byDigest.set(member.digest, member);
    if (member.longDigest !== undefined) this.#byDigest.set(member.longDigest, member);
  }

  link(path: string, target: string): void {
    this.#byPath.delete(path);
    this.#links.set(path, target);
  }

  /** The file of that path, or that a link there leads to. */
  at(path: string): Member | undefined {
    const clean = posix.normalize(path);
    const target = this.#links.get(clean);
    return this.#byPath.get(target ?? clean);
  }

  /**
   * The file whose content has a digest, whatever it is called.
   *
   * @throws Failure VerificationFailed when the file that is called so has another digest, or there is none, or its size is another one
   */
  blob(digest: string, size: number): Member {
    const found = this.#byDigest.get(digest);
    if (found !== undefined && found.bytes === size) return found;
    if (found !== undefined)
      throw unverified(digest, `it has ${found.bytes} bytes, and what refers to it says ${size}`, undefined);
    const named = this.at(`blobs/${digest.replace(':', '/')}`);
    if (named === undefined) throw unverified(digest, 'the archive does not have it', undefined);
    const digestFound = digest.startsWith('sha512:') ? (named.longDigest ?? named.digest) : named.digest;
    throw unverified(digest, `its bytes have the digest ${digestFound}`, digestFound);
  }

  /** @throws Failure UnsupportedFormat when it is longer than any document is */
  read({ offset, bytes, path }: Member): Buffer {
    if (bytes > documentMax) {
      const message = `Cannot import the archive: ${shownPath(path)} has ${bytes} bytes, more than the 4 MiB of a document`;
      throw new Failure('UnsupportedFormat', message, { needed: `${bytes} bytes`, allowed: `${documentMax} bytes` });
    }
    return this.#read(offset, bytes);
  }

  /** The first bytes of a file. */
  head({ offset, bytes }: Member, length: number): Buffer {
    return this.#read(offset, Math.min(bytes, length));
  }

  #read(offset: number, length: number): Buffer {
    const content = Buffer.alloc(length);
    this.#store.read(content, offset);
    return content;
  }
}

export function shownPath(path: string): string {
  return `'${escapeText(firstOf(path, 200))}'`;
}

function unverified(digest: string, reason: string, found: string | undefined): Failure {
  const message = `Cannot import the archive: its blob ${digest} cannot be verified: ${reason}`;
  return new Failure('VerificationFailed', message, { file: digest, expected: digest, found });
}

function refused(reason: string, path: string): Failure {
  return new Failure('Corrupt', `Cannot import the archive: ${shownPath(path)} ${reason}`, {
    what: path,
    offset: undefined,
  });
}

/** Copies the content of files into the store, and digests it. */
class Collector {
  readonly #reader: ArchiveReader;
  readonly #store: Store;
  readonly #sizeMax: number;
  #position = 0;

  constructor(source: ByteSource, store: Store, sizeMax: number) {
    this.#reader = new ArchiveReader(source);
    this.#store = store;
    this.#sizeMax = sizeMax;
  }

  run(): Members {
    const members = new Members(this.#store);
    let count = 0;
    for (let entry = this.#reader.next(); entry !== undefined; entry = this.#reader.next()) {
      count += 1;
      if (count > membersMax)
        throw refused(`comes after ${membersMax} others, which is more than it can have`, entry.path);
      this.#take(entry, members);
    }
    return members;
  }

  #take(entry: Entry, members: Members): void {
    const { type, path, target } = entry;
    if (type === 'file') members.add(this.#copy(entry));
    else if (type === 'hardLink') members.link(path, target);
    else if (type === 'symbolicLink') members.link(path, posix.join(posix.dirname(path), target));
  }

  #copy({ path, stored, sparse }: Entry): Member {
    if (sparse !== undefined) throw refused('is stored as a sparse file; pack the layout without --sparse', path);
    if (this.#position + stored > this.#sizeMax) {
      const message = `Cannot import the archive: its files have more than ${this.#sizeMax} bytes; raise the limit with --size-max=`;
      throw new Failure('UnsupportedFormat', message, {
        needed: `more than ${this.#sizeMax} bytes`,
        allowed: `${this.#sizeMax} bytes`,
      });
    }
    const offset = this.#position;
    const hashes = [createHash('sha256'), ...(path.startsWith('blobs/sha512/') ? [createHash('sha512')] : [])];
    for (let left = stored; left > 0; ) left -= this.#step(left, path, hashes);
    const [digest = '', longDigest] = hashes.map(
      (hash, index) => `sha${index === 0 ? 256 : 512}:${hash.digest('hex')}`,
    );
    return { path, offset, bytes: stored, digest, longDigest };
  }

  /** Copies what is at hand. */
  #step(left: number, path: string, hashes: readonly Hash[]): number {
    const { input } = this.#reader;
    if (input.available === 0 && !input.fill()) throw refused('is cut off: the archive ends in the middle of it', path);
    const bytes = input.buffer.subarray(input.start, input.start + Math.min(left, input.available));
    for (const hash of hashes) hash.update(bytes);
    this.#store.write(bytes, this.#position);
    this.#position += bytes.length;
    input.consume(bytes.length);
    return bytes.length;
  }
}

/**
 * Copies the files of an archive of container images into a store.
 *
 * @param sizeMax bytes of all of them
 * @throws Failure Corrupt when the archive is damaged, cut off, or has sparse files or too many
 * @throws Failure UnsupportedFormat when it is not a tar archive, or has more than `sizeMax` bytes
 * @throws whatever source and store throw
 */
export function collectMembers(source: ByteSource, store: Store, sizeMax: number): Members {
  return new Collector(source, store, sizeMax).run();
}
