import { createHash } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, statSync } from 'node:fs';
import { withoutUserinfo } from '../../../common/url.js';
import { isHeaderText } from '../../../common/validator.js';
import type { PartialRecord } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { getAttribute, removeAttribute } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { openat } from '../../../linux/files.js';
import { lockFile } from '../../../linux/locks.js';
import { beginWritingFile, synchronizeData } from '../../../linux/space.js';
import { withoutUmask } from '../../formats/metadata/writer.js';
import { failOn } from '../install/file-system-failure.js';
import { isStillThere } from '../install/holder.js';
import { removeUnlocked, Temporary } from '../install/temporary.js';
import { ImageRoot } from '../layout/root.js';
import { renameToAbsent } from '../manage/rename.js';
import { namesSameUrl, type OnDisk, ownAttribute, writePartialRecord } from './record.js';

/*
 * The beginning of an uncompressed disk image that is being downloaded, kept so that a repeated pull goes on where this
 * one was interrupted. It is a temporary file until its first bytes are safe on the disk; then it gets a name that
 * belongs to its URL, under which it outlives its transfer. An attribute says how many of its bytes are safe: what lies
 * behind them may be anything after a crash.
 */

export type { PartialRecord };

const namePattern = /^\.#partial-[0-9a-f]{32}$/;

/** Nobody knows yet what it is. */
const partialMode = 0o600;

/** The mode of a file that is made new. */
function newFileMode(): number {
  return 0o644 & ~withoutUmask((mask) => mask);
}

/** Bytes between two times that what has come is made safe. */
export const safeStep = 64 * 1024 * 1024;

/** Bytes between two times that the disk is told to begin writing, so that there is little left to wait for then. */
const writeStep = 8 * 1024 * 1024;

/** A partial download that nobody has gone on with for so many milliseconds is given up. */
const keptMs = 14 * 24 * 60 * 60 * 1000;

/** The file name of the partial download of a URL. */
export function partialName(url: string): string {
  const hash = createHash('sha256').update(withoutUserinfo(url)).digest('hex');
  return `.#partial-${hash.slice(0, 32)}`;
}

export function isPartialName(name: string): boolean {
  return namePattern.test(name);
}

function isRecord(value: unknown): value is OnDisk<PartialRecord, 'total'> {
  if (typeof value !== 'object' || value === null) return false;
  const { url, validator, total, offset } = value as Record<string, unknown>;
  if (typeof url !== 'string' || typeof validator !== 'string' || !isHeaderText(validator)) return false;
  const isKnown = Number.isSafeInteger(offset) && Number(offset) > 0;
  return isKnown && (total == null || (Number.isSafeInteger(total) && Number(total) >= Number(offset)));
}

/** Undefined where there is no record, none that makes sense, or fewer bytes than it says. */
function readRecord(descriptor: number, url: string): PartialRecord | undefined {
  try {
    const value: unknown = JSON.parse(getAttribute(descriptor, ownAttribute('partial'))?.toString() ?? 'null');
    const plain = withoutUserinfo(url);
    if (!isRecord(value) || !namesSameUrl(value.url, plain)) return undefined;
    const { validator, total, offset } = value;
    return fstatSync(descriptor).size >= offset
      ? { url: plain, validator, total: total ?? undefined, offset }
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** A partial download that is locked for as long as its descriptor, open for reading and writing, is. */
export interface OpenPartial {
  record: PartialRecord;
  descriptor: number;
}

/** The name is known to all: in a directory where others may write, they could have put a file there that stays theirs. */
function isOwnFile(descriptor: number): boolean {
  const { uid, mode, nlink } = fstatSync(descriptor);
  return (
    (mode & constants.S_IFMT) === constants.S_IFREG &&
    uid === process.geteuid?.() &&
    nlink === 1 &&
    (mode & 0o022) === 0
  );
}

function openLocked(root: ImageRoot, name: string, url: string): OpenPartial | undefined {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const descriptor = openat(root.descriptor, name, flags);
  let record: PartialRecord | undefined;
  try {
    const isOurs = isOwnFile(descriptor) && lockFile(descriptor, 'exclusive');
    if (isOurs && isStillThere(root, name, descriptor)) record = readRecord(descriptor, url);
    return record && { record, descriptor };
  } finally {
    if (record === undefined) closeSync(descriptor);
  }
}

/** Opens and locks the partial download of a URL; undefined when there is none, or another transfer has it. */
export function openPartial(rootPath: string, url: string): OpenPartial | undefined {
  if (!statSync(rootPath, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  using root = ImageRoot.open(rootPath);
  try {
    return openLocked(root, partialName(url), url);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EACCES', 'EPERM', 'ENXIO', 'EROFS')) return undefined;
    throw error;
  }
}

/** The partial downloads in an image directory that nobody has gone on with for two weeks. */
export function expiredPartials(root: ImageRoot, now = Date.now()): string[] {
  return root.names().filter((name) => {
    if (!isPartialName(name)) return false;
    const status = lstatSync(root.at(name), { throwIfNoEntry: false });
    return status !== undefined && now - status.mtimeMs > keptMs;
  });
}

/** A download whose beginning is kept as it grows. */
export class PartialDownload {
  readonly temporary: Temporary;
  #facts: Omit<PartialRecord, 'offset'> | undefined;
  #safe: number;
  #begun: number;

  /** `facts`: undefined when nothing is to be kept. `offset`: how many bytes are safe already. */
  constructor(temporary: Temporary, facts: Omit<PartialRecord, 'offset'> | undefined, offset = 0) {
    this.temporary = temporary;
    this.#facts = facts && { ...facts, url: withoutUserinfo(facts.url) };
    this.#safe = offset;
    this.#begun = offset;
  }

  /**
   * Takes over what openPartial() has opened, and drops the bytes that are not safe.
   *
   * @throws Error of node
   */
  static resume(root: ImageRoot, descriptor: number, { offset, ...facts }: PartialRecord): PartialDownload {
    const temporary = new Temporary(root, partialName(facts.url), 'raw', descriptor);
    temporary.renamed(temporary.name, { kept: true });
    fchmodSync(descriptor, partialMode);
    ftruncateSync(descriptor, offset);
    return new PartialDownload(temporary, facts, offset);
  }

  /**
   * So many bytes have been written.
   *
   * @throws Failure FileSystemError or InsufficientSpace when they cannot be made safe
   */
  reached(bytes: number): void {
    const facts = this.#facts;
    if (facts === undefined) return;
    if (bytes >= this.#begun + writeStep) {
      this.#begun = bytes;
      beginWritingFile(this.temporary.descriptor);
    }
    const safe = bytes - (bytes % safeStep);
    if (safe <= this.#safe) return;
    failOn(this.temporary.path, () => this.#makeSafe(safe, facts));
  }

  #makeSafe(bytes: number, facts: Omit<PartialRecord, 'offset'>): void {
    const { descriptor } = this.temporary;
    // A hole at the end is no byte yet.
    if (fstatSync(descriptor).size < bytes) ftruncateSync(descriptor, bytes);
    synchronizeData(descriptor);
    this.#safe = bytes;
    if (!writePartialRecord(descriptor, { ...facts, offset: bytes }) || !this.#keep(partialName(facts.url)))
      this.#facts = undefined;
  }

  /** False where another transfer keeps the beginning of this download already. */
  #keep(kept: string): boolean {
    const { root, name } = this.temporary;
    if (name === kept) return true;
    removeUnlocked(root, kept);
    fchmodSync(this.temporary.descriptor, partialMode);
    if (!renameToAbsent(root, name, kept)) return false;
    this.temporary.renamed(kept, { kept: true });
    return true;
  }
}

/**
 * Makes a partial download an ordinary temporary file again, which goes when it is disposed of.
 *
 * @throws SystemError or Error of node
 */
export function releasePartial(temporary: Temporary): void {
  if (!isPartialName(temporary.name)) return;
  const name = temporary.heldName('raw');
  renameToAbsent(temporary.root, temporary.name, name);
  temporary.renamed(name, { kept: false });
  fchmodSync(temporary.descriptor, newFileMode());
  removeAttribute(temporary.descriptor, ownAttribute('partial'));
}
