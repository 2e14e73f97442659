import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { openat } from '../../../linux/files.js';
import { hasForeignOwners, isForeign } from '../../../linux/owners/foreign-owners.js';
import type { LayerContents } from '../../formats/tar/unpack/layer-notes.js';
import { openTree } from '../install/holder.js';
import type { ImageRoot } from '../layout/root.js';
import { carrierOf } from '../provenance/provenance.js';
import { layerName, layerRecordName } from './names.js';

/** What is known of a layer, beside its directory. Paths have one character per byte. */
export interface LayerRecord extends LayerContents {
  readonly digest: string;
  /** That of its archive; absent if nothing said it, and in older records. */
  readonly diffId?: string | undefined;
  /** What tells its directory from another one of that name, which systemd could have made; empty where nothing does. */
  readonly carrier: string;
  /** Bytes of data in it. */
  readonly dataBytes: number;
  /** How many files could not be stored exactly, and by kind. */
  readonly lossCount: number;
  readonly losses: Readonly<Record<string, number>>;
}

/** The notes of one layer have 32 MiB at most, and JSON makes six characters of some bytes. */
const recordMax = 256 * 1024 * 1024;

/** A layer that is there, open. Disposal closes it. */
export interface Layer extends Disposable {
  readonly descriptor: number;
  readonly record: LayerRecord;
}

/** Whether a layer looks in a tree as it does by itself. */
export function isPlain({ whiteouts, opaque, links }: LayerRecord): boolean {
  return whiteouts.length === 0 && opaque.length === 0 && links.length === 0;
}

/**
 * Opens a layer that Ferry has unpacked; undefined when there is none, or it is not whole, or not Ferry's.
 *
 * @throws SystemError, Error of node when it cannot be read
 */
export function openLayer(root: ImageRoot, digest: string): Layer | undefined {
  let descriptor: number;
  try {
    descriptor = openTree(root.descriptor, layerName(digest));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
  try {
    const record = readLayerRecord(root, digest);
    if (record !== undefined && record.carrier === (carrierOf(descriptor) ?? '') && hasRightOwners(descriptor))
      return { descriptor, record, [Symbol.dispose]: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return undefined;
}

/** A layer that was unpacked without the foreign UID range cannot be part of a tree that belongs to it. */
function hasRightOwners(descriptor: number): boolean {
  return !hasForeignOwners() || isForeign(fstatSync(descriptor).uid);
}

function readLayerRecord(root: ImageRoot, digest: string): LayerRecord | undefined {
  const text = readBounded(root, layerRecordName(digest));
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isRecord(value) && value.digest === digest ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readBounded(root: ImageRoot, name: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openat(root.descriptor, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO')) return undefined;
    throw error;
  }
  try {
    const status = fstatSync(descriptor);
    return status.isFile() && status.size <= recordMax ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isLink(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    'target' in value &&
    isText(value.path) &&
    isText(value.target)
  );
}

function isRecord(value: unknown): value is LayerRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { digest, diffId, carrier, marked, dataBytes, lossCount, losses, links, ...lists } = value as Record<
    string,
    unknown
  >;
  const { whiteouts, opaque, implicit, bare } = lists;
  return (
    [digest, carrier].every(isText) &&
    (diffId === undefined || isText(diffId)) &&
    typeof marked === 'boolean' &&
    [dataBytes, lossCount].every(isCount) &&
    typeof losses === 'object' &&
    losses !== null &&
    Object.values(losses).every(isCount) &&
    [whiteouts, opaque, implicit, bare].every((list) => Array.isArray(list) && list.every(isText)) &&
    Array.isArray(links) &&
    links.every(isLink)
  );
}
