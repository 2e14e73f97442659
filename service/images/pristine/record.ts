import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type {
  PartialRecord,
  Verification,
  VerificationRecord as Verified,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import {
  type AttributeHolder,
  cannotBeSet,
  getAttribute,
  listAttributes,
  removeAttribute,
  setAttribute,
} from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';

export type { Verified };

/** What the attribute on a pristine original holds. */
export interface VerificationRecord extends Verified {
  url: string;
  etag: string | undefined;
  /** Bytes of data in the tree that was made of it; absent in older records, and in those of disks. */
  dataBytes?: number;
  /** Whether a disk was stored as it came, neither decompressed nor converted; absent in older records, and in those of trees. */
  asTransferred?: boolean;
  /** How many files of the tree could not be stored exactly, and by kind; absent if none, and in older records. */
  lossCount?: number;
  losses?: Readonly<Record<string, number>>;
  /** When it was verified, in microseconds since 1970. */
  time: number;
  /** When the server says it was last changed, in microseconds since 1970; absent if it did not, and in older records. */
  lastModified?: number;
}

/**
 * Whether this process may use `trusted.*` attributes, which need CAP_SYS_ADMIN (bit 21) in the first user namespace.
 * Where it may, a record that anybody else could have written does not count.
 */
function maySetTrusted(): boolean {
  const status = readFileSync('/proc/self/status', 'latin1');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return (
    (effective & (1n << 21n)) !== 0n && /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'))
  );
}

/** The name of an attribute of Ferry's own, as this process may set it. */
export function ownAttribute(what: 'verification' | 'partial' | 'provenance'): string {
  return `${maySetTrusted() ? 'trusted' : 'user'}.ferry.${what}`;
}

/** What stands for a URL in a record that has no place for all of it. */
export function urlDigest(url: string): string {
  return `sha256:${createHash('sha256').update(url).digest('hex')}`;
}

/** Whether what a record calls its URL is this one, in full or by its digest. */
export function namesSameUrl(recorded: string, url: string): boolean {
  return recorded === url || recorded === urlDigest(url);
}

/**
 * Writes an attribute of Ferry's own, in the first of several forms that has a place where it is kept. False where none has.
 *
 * @throws SystemError when there is another reason than lack of a place or of the right to set it
 */
function writeOwn(holder: AttributeHolder, what: 'verification' | 'partial', forms: readonly object[]): boolean {
  return forms.some((form) => {
    try {
      setAttribute(holder, ownAttribute(what), Buffer.from(JSON.stringify(form)));
      return true;
    } catch (error) {
      if (!cannotBeSet(error)) throw error;
      return false;
    }
  });
}

/**
 * Writes the record of verification. A URL that has no place is replaced by its digest, and an ETag that has none is left out:
 * the name of the original may have it. What is not known is
 * null on the disk, where older versions ask for it. False where the file system takes no record at all.
 *
 * @throws SystemError when there is another reason than lack of a place or of the right to set it
 */
export function writeRecord(holder: AttributeHolder, record: VerificationRecord): boolean {
  const whole = {
    ...record,
    sha512: record.sha512 ?? null,
    signedBy: record.signedBy ?? null,
    etag: record.etag ?? null,
  };
  const short = { ...whole, url: urlDigest(record.url) };
  return writeOwn(holder, 'verification', [whole, short, { ...short, etag: null }]);
}

/**
 * Writes what is known of a partial download; its URL by its digest, if need be. False where it has no place.
 *
 * @throws SystemError when there is another reason than lack of a place or of the right to set it
 */
export function writePartialRecord(holder: AttributeHolder, record: PartialRecord): boolean {
  const whole = { ...record, total: record.total ?? null };
  return writeOwn(holder, 'partial', [whole, { ...whole, url: urlDigest(record.url) }]);
}

/** As it is on the disk: what is not known of some fields is null there, or absent. */
export type OnDisk<Whole, Names extends keyof Whole> = Omit<Whole, Names> & { [Name in Names]?: Whole[Name] | null };

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isHexadecimal(value: unknown, digits: number): boolean {
  return isText(value) && value.length === digits && /^[0-9a-f]+$/.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** The laxest one first. */
const verifications: readonly unknown[] = ['no', 'checksum', 'signature'];

/** How the sidecars of an original were verified: as it was itself, unless the caller gave its digest. */
export function sidecarVerificationOf(record: Verified | undefined): Verification {
  if (record?.verification === 'digest') return record.sidecarVerification ?? 'no';
  return record?.verification ?? 'no';
}

/** Whether what was verified in one way is as good as if it had been verified in another. */
export function isAsStrict(done: Verification, asked: Verification): boolean {
  return verifications.indexOf(done) >= verifications.indexOf(asked);
}

function isRecord(value: unknown): value is OnDisk<VerificationRecord, 'sha512' | 'signedBy' | 'etag'> {
  if (typeof value !== 'object' || value === null) return false;
  const {
    sha256,
    sha512,
    bytes,
    verification,
    url,
    time,
    lastModified,
    dataBytes,
    asTransferred,
    lossCount,
    losses,
    signedBy,
    etag,
    sidecarVerification,
    leftOut,
    hashes,
  } = value as Record<string, unknown>;
  return (
    isHexadecimal(sha256, 64) &&
    (sha512 == null || isHexadecimal(sha512, 128)) &&
    isCount(bytes) &&
    (verification === 'digest' || verifications.includes(verification)) &&
    (leftOut === undefined || (Array.isArray(leftOut) && leftOut.every(isText))) &&
    (sidecarVerification === undefined || verifications.includes(sidecarVerification)) &&
    isText(url) &&
    isCount(time) &&
    [dataBytes, lossCount, lastModified].every((count) => count === undefined || isCount(count)) &&
    (asTransferred === undefined || typeof asTransferred === 'boolean') &&
    (losses === undefined || (typeof losses === 'object' && losses !== null && Object.values(losses).every(isCount))) &&
    [signedBy, etag].every((text) => text == null || isText(text)) &&
    (hashes === undefined || (typeof hashes === 'object' && hashes !== null && Object.values(hashes).every(isText)))
  );
}

/** The record of verification of a pristine original; undefined when there is none, or none that makes sense. */
export function readRecord(holder: AttributeHolder): VerificationRecord | undefined {
  try {
    const value: unknown = JSON.parse(getAttribute(holder, ownAttribute('verification'))?.toString() ?? 'null');
    if (!isRecord(value)) return undefined;
    const { sha512, signedBy, etag, ...rest } = value;
    return { ...rest, sha512: sha512 ?? undefined, signedBy: signedBy ?? undefined, etag: etag ?? undefined };
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** Whether a pristine original has a record of verification, be it one that makes no sense. */
export function hasRecord(holder: AttributeHolder): boolean {
  try {
    return getAttribute(holder, ownAttribute('verification')) !== undefined;
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'EACCES', 'EPERM')) return false;
    throw error;
  }
}

/** Of a record, how the bytes were verified: what a newer version has added to it, and where they came from, is left out. */
export function verifiedOf(record: Verified): Verified {
  const { sha256, sha512, bytes, verification, sidecarVerification, leftOut, signedBy, hashes } = record;
  const known = { sha256, sha512, bytes, verification, signedBy };
  return {
    ...known,
    ...(sidecarVerification && { sidecarVerification }),
    ...(leftOut && { leftOut }),
    ...(hashes && { hashes }),
  };
}

/**
 * Removes the attributes that are meant. Where the file system keeps none there are none to remove.
 *
 * @throws SystemError
 */
export function dropAttributes(holder: AttributeHolder, isMeant: (name: string) => boolean): void {
  try {
    for (const name of listAttributes(holder)) if (isMeant(name)) removeAttribute(holder, Buffer.from(name, 'latin1'));
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) throw error;
  }
}
