import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ChangedSince, Provenance } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { Evidence } from './evidence.js';
import { keyIdentifier } from './key.js';

/** What the attribute holds beside what it says to people. */
export interface ProvenanceRecord extends Provenance {
  /** What it was written for: see carrierOf(). */
  readonly carrier: string;
  readonly evidence: Evidence;
  /** Of a clone, whether what it was made of had been changed. */
  readonly changedBefore: ChangedSince;
}

/** The record comes last, and is authenticated as it stands: nothing depends on how JSON is written. */
const envelope = /^\{"mac":"([0-9a-f]{64})","key":"([0-9a-f]{16})","record":(\{.*\})\}$/s;

function macOf(record: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update('ferry provenance 1\n').update(record).digest();
}

/** The value of the attribute. */
export function sealRecord(record: ProvenanceRecord, key: Buffer): Buffer {
  const text = JSON.stringify(record);
  const mac = macOf(text, key).toString('hex');
  return Buffer.from(`{"mac":"${mac}","key":"${keyIdentifier(key)}","record":${text}}`);
}

/** The record of an attribute, or why there is none to believe. */
export function openRecord(
  value: Buffer,
  key: Buffer | undefined,
): ProvenanceRecord | 'unreadable' | 'unchecked' | 'forged' {
  const [, mac, keyName, text] = envelope.exec(value.toString()) ?? [];
  if (mac === undefined || text === undefined) return 'unreadable';
  if (key === undefined || keyName !== keyIdentifier(key)) return 'unchecked';
  if (!timingSafeEqual(macOf(text, key), Buffer.from(mac, 'hex'))) return 'forged';
  return readRecord(text) ?? 'unreadable';
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const oneOf =
  (...words: readonly unknown[]) =>
  (value: unknown): boolean =>
    words.includes(value);
const optional =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value);
const shaped =
  (fields: Readonly<Record<string, (value: unknown) => boolean>>) =>
  (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isRecord = shaped({
  url: optional(isText),
  etag: optional(isText),
  lastModified: optional(isCount),
  sha256: optional(isText),
  sha512: optional(isText),
  bytes: optional(isCount),
  verification: optional(oneOf('no', 'checksum', 'signature', 'digest')),
  signedBy: optional(isText),
  verifiedAt: optional(isCount),
  placedAt: isCount,
  version: isText,
  pristine: optional(isText),
  operation: oneOf('pull', 'import', 'clone'),
  clonedFrom: optional(isText),
  uid: isCount,
  carrier: isText,
  evidence: shaped({ modified: isText, size: optional(isCount), transaction: optional(isText) }),
  changedBefore: oneOf('no', 'yes', 'unknown'),
} satisfies Record<keyof ProvenanceRecord, (value: unknown) => boolean>);

/** What is authentic was written by some version of Ferry, not necessarily by one that this one understands. */
function readRecord(text: string): ProvenanceRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? (value as ProvenanceRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a record, what it says to people. */
export function provenanceOf(record: ProvenanceRecord): Provenance {
  const { carrier: _carrier, evidence: _evidence, changedBefore: _changedBefore, ...provenance } = record;
  return provenance;
}
